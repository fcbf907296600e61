using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Settlements;

/// <summary>One payment authorization, settled at most once; the key is its <see cref="SettlementId"/>.</summary>
[Alias("agentpay.ISettlementGrain")]
public interface ISettlementGrain : IGrainWithStringKey
{
    /// <summary>
    /// Asks to settle. Without a stored idempotency key only one caller at a time may wait for the answer: <paramref name="caller"/> holds that place
    /// until it says <see cref="AnsweredAsync"/> or <see cref="LeaveAsync"/>.
    /// </summary>
    [Alias("Reserve")]
    Task<Reply<Settlement>> ReserveAsync(ReserveSettlement command, string caller, CancellationToken cancellationToken = default);

    /// <summary>Asks to run a seller's handler for this payment.</summary>
    [Alias("Admit")]
    Task<Reply<Settlement>> AdmitAsync(AdmitPayment command, CancellationToken cancellationToken = default);

    /// <summary>The handler failed: the payment is free again.</summary>
    [Alias("Release")]
    Task<Reply<Settlement>> ReleaseAsync(ReleasePayment command);

    /// <summary>The settlement once its outcome is decided, or as it stands after <paramref name="wait"/> (at most 5 s).</summary>
    /// <param name="wait">How long the caller waits outside the grain.</param>
    /// <param name="caller">Whose place is kept meanwhile; null: nobody's.</param>
    /// <param name="hashIsEnough">Answers as soon as a transaction is known.</param>
    /// <param name="cancellationToken">The caller left.</param>
    [Alias("Wait")]
    Task<Settlement?> WaitAsync(TimeSpan wait, string? caller = null, bool hashIsEnough = false, CancellationToken cancellationToken = default);

    /// <summary>Success was flushed to an open connection: it is not given again without the key.</summary>
    [Alias("Answered")]
    Task AnsweredAsync(string caller);

    /// <summary>
    /// The same before the answer leaves: while another process may answer too, only who marks first may say success. A crash after it costs the
    /// caller the word success, never the payment.
    /// </summary>
    /// <returns>False: success was said already, or is being said elsewhere.</returns>
    [Alias("ClaimAnswer")]
    Task<bool> ClaimAnswerAsync(string caller);

    /// <summary>A run is about to answer: nobody takes it over by time for so long.</summary>
    /// <returns>False: another holds its place, it was given up, or success was said.</returns>
    [Alias("HoldRun")]
    Task<bool> HoldRunAsync(Admission run, TimeSpan time);

    /// <summary>
    /// Keeps what was sold and marks success as said, in one commit before the answer leaves: from then on the request is repeated from here, and no run begins
    /// again. The first one kept stays.
    /// </summary>
    [Alias("KeepAnswer")]
    Task KeepAnswerAsync(SoldAnswer sold);

    /// <summary>The caller goes without an answer; another may wait for it.</summary>
    [Alias("Leave")]
    Task LeaveAsync(string caller);

    /// <summary>The settlement as it stands; null when there is none.</summary>
    [Alias("Get")]
    Task<Settlement?> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Reports what the chain says of it.</summary>
    [Alias("Report")]
    Task<Reply<Settlement>> ReportAsync(SettlementReported report);
}

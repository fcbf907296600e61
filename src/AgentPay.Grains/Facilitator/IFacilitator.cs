using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using AgentPay.X402.Messages;

namespace AgentPay.Grains.Facilitator;

/// <summary>
/// Verifies and settles x402 payments of either protocol version (x402 v2 specification, facilitator interface). A refusal is a value;
/// <see cref="AgentPay.Chains.Evm.ChainUnavailableException"/> and <see cref="StoreUnavailableException"/> say that nobody can tell now.
/// </summary>
public interface IFacilitator
{
    /// <summary>Whether this payment would be settled now. Changes nothing and promises nothing.</summary>
    Task<VerifyResponse> VerifyAsync(PaymentPayload payment, PaymentRequirements requirements, CancellationToken cancellationToken);

    /// <summary>
    /// Settles a payment at most once and answers when the outcome is known, or <c>settlement_pending</c> with the hash when that takes too long.
    /// Success is answered once; the same <paramref name="idempotencyKey"/> gets it again.
    /// </summary>
    Task<SettleAnswer> SettleAsync(PaymentPayload payment, PaymentRequirements requirements, string? idempotencyKey, CancellationToken cancellationToken);

    /// <summary>Asks to run a seller's handler for this payment: at most one run holds a payment at a time.</summary>
    /// <param name="payment">What the buyer sent.</param>
    /// <param name="requirements">The seller's own terms.</param>
    /// <param name="resource">Method and URL; the payment serves no other.</param>
    /// <param name="cancellationToken">The buyer left.</param>
    Task<AdmissionAnswer> AdmitAsync(PaymentPayload payment, PaymentRequirements requirements, string resource, CancellationToken cancellationToken);

    /// <summary>What this engine settles.</summary>
    SupportedResponse Supported { get; }
}

/// <summary>A settle answer and what happens when it was, or could not be, delivered.</summary>
/// <param name="Response">To be written.</param>
/// <param name="closing">Told once whether the answer reached an open connection.</param>
public sealed class SettleAnswer(SettleResponse Response, Func<bool, Task>? closing = null)
{
    /// <summary>To be written.</summary>
    public SettleResponse Response { get; } = Response;

    /// <summary>Says whether the answer was flushed to an open connection; a delivered success is not given again without its key.</summary>
    public Task CloseAsync(bool delivered) => closing is null ? Task.CompletedTask : closing(delivered);
}

/// <summary>Whether a payment may run a handler.</summary>
/// <param name="Refusal">Why not: a public code; null when admitted.</param>
/// <param name="Message">For the buyer's developer.</param>
/// <param name="Payer">Who pays, when known.</param>
/// <param name="Admission">The run; null when refused.</param>
public sealed record AdmissionAnswer(string? Refusal, string? Message, string? Payer, IAdmittedPayment? Admission)
{
    /// <summary>What this payment bought before, when the same request with the same payment identifier is repeated: the answer, instead of a refusal.</summary>
    public SoldAnswer? Sold { get; init; }
}

/// <summary>A payment that holds one run of a handler.</summary>
public interface IAdmittedPayment
{
    /// <summary>So long after <see cref="SettleAsync"/> gave it a success may begin to leave: nobody takes the run over by time until then.</summary>
    static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(45);

    /// <summary>Settles in this run's name: after the handler succeeded.</summary>
    Task<SettleAnswer> SettleAsync(CancellationToken cancellationToken);

    /// <summary>Keeps what was sold for the repetition of this request, before it is sent. Nothing is kept without a payment identifier.</summary>
    Task KeepAsync(int httpStatus, string contentType, string receipt, byte[] body);

    /// <summary>True when what is sold can be kept: the payer named the payment.</summary>
    bool CanKeep { get; }

    /// <summary>Frees the payment: the handler failed, nothing is owed.</summary>
    Task ReleaseAsync();
}

using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>Which payers had code when they were last looked at, which is old after two seconds.</summary>
internal sealed class PayerCodes(IReadOnlyDictionary<string, bool> hasCode, long readAt, TimeProvider clock)
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(2);

    public static PayerCodes None { get; } = new(new Dictionary<string, bool>(), 0, TimeProvider.System);

    /// <summary>Looks at the payers who may share a transaction, those who wait longest first.</summary>
    public static async Task<PayerCodes> ReadAsync(IEvmChain chain, Signer signer, int countMax, TimeProvider clock, CancellationToken cancellationToken)
    {
        var readAt = clock.GetTimestamp();
        string[] payers = [.. signer.Waiting.Values.Where(static work => work.MayShare).Take(countMax).Select(static work => work.Terms.Payer).Distinct()];
        var answers = await chain.HaveCodeAsync([.. payers.Select(Address.Parse)], cancellationToken);
        return new PayerCodes(payers.Zip(answers).ToDictionary(static pair => pair.First, static pair => pair.Second), readAt, clock);
    }

    public PayerCode Of(string payer) => !hasCode.TryGetValue(payer, out var has) ? PayerCode.Unread
        : has ? PayerCode.Some
        : clock.GetElapsedTime(readAt) <= AgeMax ? PayerCode.None
        : PayerCode.Unread;
}

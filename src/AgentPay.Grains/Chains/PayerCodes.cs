using System.Collections.Concurrent;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>Which payers had code when they were last looked at, which is old after two seconds. Thread-safe.</summary>
internal sealed class PayerCodes(IEvmChain chain, TimeProvider clock)
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(2);
    private const int KeptMax = 10_000;

    private readonly ConcurrentDictionary<string, (bool HasCode, long ReadAt)> known = [];

    /// <summary>Looks at so many of these payers, the first ones first.</summary>
    public async Task ReadAsync(IEnumerable<SettlementWork> works, int countMax, CancellationToken cancellationToken)
    {
        string[] payers = [.. works.Select(static work => work.Terms.Payer).Distinct().Take(countMax)];
        if (payers.Length == 0)
        {
            return;
        }

        var answers = await chain.HaveCodeAsync([.. payers.Select(Address.Parse)], cancellationToken);

        // From the answer on: a node that takes longer to answer than it is good for would keep everybody waiting.
        var readAt = clock.GetTimestamp();
        if (known.Count + payers.Length > KeptMax)
        {
            known.Clear();
        }

        foreach (var (payer, hasCode) in payers.Zip(answers))
        {
            known[payer] = (hasCode, readAt);
        }
    }

    public PayerCode Of(string payer) => !known.TryGetValue(payer, out var last) ? PayerCode.Unread
        : last.HasCode ? PayerCode.Some
        : clock.GetElapsedTime(last.ReadAt) <= AgeMax ? PayerCode.None
        : PayerCode.Unread;
}

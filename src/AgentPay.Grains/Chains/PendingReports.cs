using System.Collections.Concurrent;
using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>
/// Reports in the making. Questions about a payment that was not made can take a node long: blocks are not kept waiting for the answers, which are taken up when
/// its receipt is read the next time and still says the same block.
/// </summary>
internal sealed class PendingReports(MinedReport report, TimeProvider clock)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (BlockCursor Block, Task<ImmutableArray<SettlementCommand>> Making)> makings = [];

    /// <summary>What <see cref="MinedReport.MakeAsync"/> makes, once it is made; null while it is not.</summary>
    /// <param name="transaction">What was mined.</param>
    /// <param name="receipt">Its receipt.</param>
    /// <param name="head">See <see cref="MinedReport.MakeAsync"/>.</param>
    /// <param name="isLast">See <see cref="MinedReport.MakeAsync"/>.</param>
    /// <param name="waits">Waits two seconds for one that is begun now.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task<ImmutableArray<SettlementCommand>?> TryMakeAsync(
        SignerTransaction transaction, TransactionReceipt receipt, ulong head, bool isLast, bool waits, CancellationToken cancellationToken)
    {
        var hash = receipt.Transaction.ToString();
        if (!makings.TryGetValue(hash, out var pending) || pending.Block != receipt.Block)
        {
            pending = makings[hash] = (receipt.Block, report.MakeAsync(transaction, receipt, head, isLast, cancellationToken));
            if (waits && !pending.Making.IsCompleted)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(pending.Making, Task.Delay(WaitMax, clock, enough.Token));
                await enough.CancelAsync();
            }
        }

        if (!pending.Making.IsCompleted)
        {
            return null;
        }

        makings.TryRemove(hash, out _);
        return await pending.Making;
    }

    public void Forget(string hash) => makings.TryRemove(hash, out _);

    public void Clear() => makings.Clear();
}

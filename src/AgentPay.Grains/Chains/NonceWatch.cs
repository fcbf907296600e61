using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>Looks after nonces of one key that do not move: taken by a transaction that is not ours, held up by a foreign one, or too cheap.</summary>
internal sealed partial class NonceWatch(ChainSettings settings, IEvmChain chain, SignerLane lane, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(5);

    // Nodes keep the state of 128 blocks.
    public const int DepthMax = 100;
    private const int OutbidMax = 16;
    private const int DoublingMax = 10;
    private const int Strikes = 2;

    private readonly Dictionary<ulong, int> takenStrikes = [];
    private (ulong Nonce, int Strikes) hole;

    /// <summary>Looks once at everything that is late.</summary>
    /// <returns>Hashes of ours that turned out to be mined, although no block told.</returns>
    public async Task<IReadOnlyList<string>> LookAsync(ulong head, CancellationToken cancellationToken)
    {
        // A time that is yet to come is of a clock that was set back: late as well.
        var late = lane.Pending().Where(transaction => AgeOf(transaction) > LateAfter).ToArray();
        if (lane.Newest?.Foreign is { } foreign)
        {
            await FillAsync(foreign, head, cancellationToken);
        }

        if (late.Length == 0)
        {
            takenStrikes.Clear();
            return [];
        }

        var mined = await chain.ReadTransactionCountAsync(lane.Key.Address, pending: false, cancellationToken);
        await OutbidAsync([.. late.Where(transaction => transaction.Nonce >= mined && AgeOf(transaction) > settings.Sending.StuckAfter).Take(OutbidMax)], mined, cancellationToken);
        return await FindTakenAsync([.. late.Where(transaction => transaction.Nonce < mined)], head, cancellationToken);
    }

    /// <summary>
    /// Offers more where the market asks for it, and for the first in line in any case: a node may hold it and offer it to no block, or have told nobody of it,
    /// and only another form is news to nodes. Each time after twice as long, so that a chain that stands still costs little.
    /// </summary>
    private async Task OutbidAsync(SignerTransaction[] stuck, ulong mined, CancellationToken cancellationToken)
    {
        await lane.ReadCodesAsync(stuck, cancellationToken);
        var isHeldUp = stuck.Length > 0 && stuck[0].Nonce == mined && AgeOf(stuck[0]) > settings.Sending.StuckAfter * (1 << Math.Min(stuck[0].Forms.Length - 1, DoublingMax));
        if (isHeldUp)
        {
            await lane.Grain.OutbidFirstAsync(mined);
        }

        var others = stuck.Skip(isHeldUp ? 1 : 0).Select(transaction => transaction.Nonce).ToImmutableArray();
        if (!others.IsEmpty)
        {
            await lane.Grain.OutbidAsync(others);
        }
    }

    /// <summary>Finds nonces that another transaction of this key took: mined by count, deep enough to stay, with no receipt for any of our forms, twice in a row.</summary>
    private async Task<IReadOnlyList<string>> FindTakenAsync(SignerTransaction[] counted, ulong head, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (var nonce in takenStrikes.Keys.Except(counted.Select(transaction => transaction.Nonce)).ToArray())
        {
            takenStrikes.Remove(nonce);
        }

        if (counted.Length == 0)
        {
            return found;
        }

        // As deep as a payment has to be: the block that holds it counts.
        var depth = (ulong)Math.Min(settings.Confirmations, DepthMax) - 1;
        var deep = head < depth ? 0 : await chain.ReadTransactionCountAtAsync(lane.Key.Address, head - depth, cancellationToken);
        foreach (var transaction in counted)
        {
            var receipts = await chain.ReadReceiptsAsync([.. transaction.Forms.Select(form => Bytes32.Parse(form.Hash))], cancellationToken);
            if (receipts.FirstOrDefault(receipt => receipt is not null) is { } ours)
            {
                takenStrikes.Remove(transaction.Nonce);
                found.Add(ours.Transaction.ToString());
            }
            else if (transaction.Nonce < deep && IsTaken(transaction.Nonce))
            {
                LogNonceTaken(lane.AddressText, transaction.Nonce);
                var (mined, known) = await lane.ReadCountsAsync(cancellationToken);
                await lane.Grain.SyncAsync(mined, known);
                await lane.Grain.NonceTakenAsync(transaction.Nonce);
            }
        }

        return found;
    }

    private bool IsTaken(ulong nonce)
    {
        var strikes = takenStrikes[nonce] = takenStrikes.GetValueOrDefault(nonce) + 1;
        return strikes >= Strikes && takenStrikes.Remove(nonce);
    }

    /// <summary>Somebody else's transactions come before ours. Once they are mined for good there is nothing to do; when they are gone, from the pool or with a lost block, their nonces are used up.</summary>
    private async Task FillAsync(NonceRange foreign, ulong head, CancellationToken cancellationToken)
    {
        var (mined, known) = await lane.ReadCountsAsync(cancellationToken);
        if (mined >= foreign.To)
        {
            hole = default;
            var depth = (ulong)Math.Min(settings.DepthOfFinal, DepthMax);
            if (head >= depth && await chain.ReadTransactionCountAtAsync(lane.Key.Address, head - depth, cancellationToken) >= foreign.To)
            {
                await lane.Grain.FillForeignAsync(mined);
            }

            return;
        }

        // A pool that does not count past the mined ones has nothing with the next nonce.
        var isHole = known == mined && mined >= foreign.From && lane.Newest?.Transactions.ContainsKey(mined) == false;
        hole = isHole ? (mined, hole.Nonce == mined ? hole.Strikes + 1 : 1) : default;
        if (hole.Strikes > Strikes)
        {
            hole = default;
            LogHole(lane.AddressText, mined, foreign.To - 1);
            await lane.Grain.FillForeignAsync(mined);
        }
    }

    private TimeSpan AgeOf(SignerTransaction transaction) => (clock.GetUtcNow() - transaction.Newest.SignedAt).Duration();

    [LoggerMessage(EventId = 1302, Level = LogLevel.Warning, Message = "Nonce {Nonce} of {Signer} was taken by a transaction that is not ours: is the key used elsewhere?")]
    private partial void LogNonceTaken(string signer, ulong nonce);

    [LoggerMessage(EventId = 1303, Level = LogLevel.Warning, Message = "Transactions of {Signer} that are not ours are gone from the node's pool: nonces {From} to {To} are used up so that ours can follow.")]
    private partial void LogHole(string signer, ulong from, ulong to);
}

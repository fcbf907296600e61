using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Methods;

namespace AgentPay.Grains.Facilitator;

/// <summary>
/// What a payer held of one asset in one block, and which of its payments that block shows as used: read apart, one that is mined between the two readings would be
/// missing from the money and be promised still. All who need it share it. Whoever asks or tells it anything holds the lock of the account.
/// </summary>
internal sealed class PayerLook
{
    private const int TriesMax = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, SettlementTerms> paid = [];
    private readonly HashSet<string> used = [];
    private readonly TaskCompletionSource begun = new();
    private UInt256 balance;

    /// <summary>Begins with <see cref="Begin"/>.</summary>
    public PayerLook(PayerAccount account, SettlementTerms whose, IEvmChain chain, Lock gate, TimeProvider clock)
    {
        Asset = whose.Asset;
        Done = LookAsync(account, whose, chain, gate, clock);
    }

    /// <summary>What was looked for.</summary>
    public string Asset { get; }

    /// <summary>Those who are still to be told by it, however old it is then.</summary>
    public int Waiters { get; set; }

    /// <summary>Ends when everything is read; with <see cref="ChainUnavailableException"/> where no node tells.</summary>
    public Task Done { get; }

    /// <summary>When it was done; null while it is not, and for ever when it failed.</summary>
    public long? DoneAt { get; private set; }

    /// <summary>Atoms held in that block, without those of the payments that it does not show and that ended as paid since the look began.</summary>
    public UInt256 Left => paid.Where(entry => !Shows(entry.Key)).Aggregate(balance, static (left, entry) => left.LessAtMost(entry.Value.Atoms));

    /// <summary>Goes to the node; the lock is not held. Whoever comes after the first changes nothing.</summary>
    public void Begin() => begun.TrySetResult();

    /// <summary>True when the block shows the payment of this settlement as used.</summary>
    public bool Shows(string id) => used.Contains(id);

    /// <summary>A payment ended as paid.</summary>
    public void Pay(string id, SettlementTerms terms) => paid[id] = terms;

    /// <summary>For all who wait: none of them may end it for the others, and a node's silence ends by itself.</summary>
    private async Task LookAsync(PayerAccount account, SettlementTerms whose, IEvmChain chain, Lock gate, TimeProvider clock)
    {
        await begun.Task.ConfigureAwait(false);
        var head = await chain.ReadBlockAsync(BlockTag.Latest, CancellationToken.None).ConfigureAwait(false) ?? throw new ChainUnavailableException("The node has no head.");
        for (var more = TriesMax - 1; ; more--)
        {
            try
            {
                await ReadAsync(BlockTag.At(head.Cursor.Number), account, whose, chain, gate, clock).ConfigureAwait(false);
                return;
            }
            catch (ChainUnavailableException) when (more > 0)
            {
                // Several nodes may stand behind one address, and the next one lack the block that the first one told: a moment later it has it.
                await Task.Delay(Pause, clock).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadAsync(BlockTag block, PayerAccount account, SettlementTerms whose, IEvmChain chain, Lock gate, TimeProvider clock)
    {
        // Those that come from now on are mined in a later block than this one.
        KeyValuePair<string, SettlementTerms>[] open;
        lock (gate)
        {
            open = [.. account.Payments.Where(entry => entry.Value.Terms.Asset == whose.Asset).Select(static entry => KeyValuePair.Create(entry.Key, entry.Value.Terms)).Concat(paid)];
        }

        var states = Task.WhenAll(open.Select(entry => TransferMethods.Of(entry.Value).IsUsedAsync(chain, entry.Value, block, CancellationToken.None)));
        var held = chain.ReadTokenBalanceAsync(Address.Parse(whose.Token), Address.Parse(whose.Payer), block, CancellationToken.None);
        await Task.WhenAll(states, held).ConfigureAwait(false);
        var (areUsed, atoms) = (await states.ConfigureAwait(false), await held.ConfigureAwait(false));
        lock (gate)
        {
            used.UnionWith(open.Where((_, i) => areUsed[i]).Select(static entry => entry.Key));
            balance = atoms;
            DoneAt = clock.GetTimestamp();
        }
    }
}

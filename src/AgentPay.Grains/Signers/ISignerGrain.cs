using System.Collections.Immutable;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Signers;

/// <summary>One gas-paying key on one network; the key is <see cref="SignerId.KeyFor"/>. Its commits come before any broadcast.</summary>
[Alias("agentpay.ISignerGrain")]
public interface ISignerGrain : IGrainWithStringKey
{
    /// <summary>The signer as it stands, with everything not final; hands its transactions to this process's chain worker again.</summary>
    [Alias("Wake")]
    Task<Signer> WakeAsync();

    /// <summary>The chain knows this many transactions of the key: mined, and with those in the node's pool.</summary>
    [Alias("Sync")]
    Task SyncAsync(ulong mined, ulong known);

    /// <summary>Sends what waits, now that fees or room are there.</summary>
    [Alias("SendWaiting")]
    Task SendWaitingAsync();

    /// <summary>The payer's approval of waiting work is mined and suffices.</summary>
    [Alias("Approved")]
    Task ApprovedAsync(long ticket);

    /// <summary>The payer of waiting work lacks these coins for its approval; true when this call gave them, which happens once for the work at most.</summary>
    /// <param name="ticket">Of the work.</param>
    /// <param name="need">What the payer lacks.</param>
    /// <param name="funds">Wei that the key owns.</param>
    [Alias("Give")]
    Task<bool> GiveAsync(long ticket, GasNeed need, UInt128 funds);

    /// <summary>The payer's approval of waiting work can no longer be; its settlement hears this.</summary>
    [Alias("Unapproved")]
    Task UnapprovedAsync(long ticket, SettlementCommand report);

    /// <summary>A transaction was mined, deep enough to count.</summary>
    /// <param name="nonce">Its nonce.</param>
    /// <param name="hash">The form that was mined.</param>
    /// <param name="block">Where.</param>
    /// <param name="reports">What the receipt proves, one for each settlement inside.</param>
    /// <param name="isStarved">It used nearly all of its gas.</param>
    [Alias("Mined")]
    Task MinedAsync(ulong nonce, string hash, BlockReference block, ImmutableArray<SettlementCommand> reports, bool isStarved);

    /// <summary>The block of a mined transaction is no longer part of the chain.</summary>
    [Alias("Lost")]
    Task LostAsync(ulong nonce, BlockReference block);

    /// <summary>These transactions are stuck: they are offered again with higher fees, where the fees of the moment call for it.</summary>
    [Alias("Outbid")]
    Task OutbidAsync(ImmutableArray<ulong> nonces);

    /// <summary>Everything waits for this transaction, and it is not for its price that it does not move: it is offered again, higher, whatever the fees of the moment.</summary>
    [Alias("OutbidFirst")]
    Task OutbidFirstAsync(ulong nonce);

    /// <summary>Somebody else's transactions from this nonce on are gone from the node's pool: their nonces are used up.</summary>
    [Alias("FillForeign")]
    Task FillForeignAsync(ulong from);

    /// <summary>Another transaction took the nonce.</summary>
    [Alias("NonceTaken")]
    Task NonceTakenAsync(ulong nonce);

    /// <summary>The transactions with a lower nonce than this are in blocks that are unlikely to be lost.</summary>
    [Alias("Safe")]
    Task SafeAsync(ulong to);

    /// <summary>These transactions can no longer be lost.</summary>
    [Alias("Final")]
    Task FinalAsync(ImmutableArray<ulong> nonces);
}

using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>Compares what the engine stored and said with what the chain shows. Reads only; knows none of the engine's decisions.</summary>
internal sealed class Judge(Engine engine, IReadOnlyList<SimulatedPayment> payments)
{
    private readonly List<string> broken = [];
    private long ledgerAtoms;
    private long foreignAtoms;

    public async Task<IReadOnlyList<string>> FindBrokenAsync(bool isHealed)
    {
        var accounts = new HashSet<string>();
        for (var i = 0; i < payments.Count; i++)
        {
            await JudgeAsync($"payment {i}", payments[i], isHealed, accounts);
        }

        foreach (var account in accounts)
        {
            var events = await engine.AccountEventsAsync(account, 0);
            Check(events.Select(entry => entry.Sequence).SequenceEqual(Enumerable.Range(1, events.Count).Select(number => (long)number)), $"The events of {account} have a gap.");
        }

        await JudgeLedgerAsync();
        await JudgeKeyAsync();
        return broken;
    }

    private async Task JudgeAsync(string name, SimulatedPayment payment, bool isHealed, HashSet<string> accounts)
    {
        var transfer = payment.Payment.Transfer;
        var trace = await engine.Chain.FindAuthorizationAsync(transfer.Token, transfer.From, transfer.Nonce, 0, Engine.Stop);
        var isUsed = trace.Fate == AuthorizationFate.Used;
        var row = await engine.ReadAsync(payment.Payment);
        var legs = await engine.LedgerAsync(payment.Payment);
        var booked = legs.Count(reason => reason == "settlement") - legs.Count(reason => reason == "settlement_reversed");
        ledgerAtoms += booked * (long)Engine.Price;
        foreignAtoms += isUsed && booked == 0 ? (long)Engine.Price : 0;
        var words = $"{name} is {row?.Status.ToString() ?? "not stored"} ({row?.FailureCode}), on chain {trace.Fate}, booked {booked}";

        Check(row is null or { Status: SettlementStatus.Final or SettlementStatus.Failed or SettlementStatus.Released } || !isHealed, $"{words}: it is decided.");
        Check(isHealed || row is null or { IsDecided: true }, $"{words}: undecided although everything was healed.");
        if (row is { IsPaid: true })
        {
            Check(isUsed, $"{words}: stored as paid and not paid.");
            Check(trace.Receipt?.Transaction.ToString() == row.Transaction, $"{words}: another transaction paid than is stored.");
            Check(booked == 1, $"{words}: booked once when paid.");
        }
        else
        {
            Check(booked == 0, $"{words}: booked and not paid.");
            Check(!isUsed || payment.IsFrontRun, $"{words}: paid by us, and not stored as paid.");
        }

        var happened = string.Join(' ', (await engine.ObjectEventsAsync(payment.Payment)).Select(entry => entry.Type));
        JudgeAnswers($"{words}, {happened}", payment, row?.IdempotencyKey);
        await JudgeEventsAsync(words, payment, accounts);
    }

    /// <summary>
    /// A success whose delivery was not marked, because its caller hung up or the engine died before the mark, may be given to one who asks later; one that
    /// was marked is never given again, but to the key that reserved.
    /// </summary>
    private void JudgeAnswers(string words, SimulatedPayment payment, string? storedKey)
    {
        var successes = payment.Successes;
        var delivered = successes.Where(success => success.Delivered).ToArray();
        Check(successes.All(success => success.WasOnChain), $"{words}: success was said before any block had it.");
        Check(
            storedKey is null ? delivered.Length <= 1 : delivered.All(success => success.Key == storedKey),
            $"{words}: reserved by {storedKey ?? "nobody's key"}, success was delivered more than once: {string.Join(", ", successes)}.");
    }

    private async Task JudgeEventsAsync(string words, SimulatedPayment payment, HashSet<string> accounts)
    {
        var events = await engine.ObjectEventsAsync(payment.Payment);
        Check(
            events.Select(entry => entry.ObjectSequence).SequenceEqual(Enumerable.Range(1, events.Count).Select(number => (long)number)),
            $"{words}: its events have a gap: {string.Join(' ', events.Select(entry => entry.ObjectSequence))}.");
        accounts.UnionWith(events.Select(entry => entry.Account));
        var (confirmed, reorged) = (events.Count(entry => entry.Type == "settlement.confirmed"), events.Count(entry => entry.Type == "settlement.reorged"));
        var legs = await engine.LedgerAsync(payment.Payment);
        Check(
            confirmed == legs.Count(reason => reason == "settlement") && reorged == legs.Count(reason => reason == "settlement_reversed"),
            $"{words}: {confirmed} confirmed and {reorged} reorged events beside {string.Join(' ', legs)}.");
        var types = events.Select(entry => entry.Type).ToArray();
        var isPaid = false;
        foreach (var type in types)
        {
            Check(isPaid || type is not ("settlement.safe" or "settlement.final"), $"{words}: called safe or final while it was not paid: {string.Join(' ', types)}.");
            isPaid = type switch { "settlement.confirmed" => true, "settlement.reorged" => false, _ => isPaid };
        }
    }

    private async Task JudgeLedgerAsync()
    {
        await engine.AssertLedgerSumsToZeroAsync();
        var balance = await engine.LedgerBalanceAsync(Engine.Merchant);
        var onChain = engine.PaidTo(Engine.Merchant);
        Check(balance == ledgerAtoms, $"The ledger's balance is {balance} and its rows say {ledgerAtoms}.");
        Check((long)onChain == ledgerAtoms + foreignAtoms, $"The chain has {onChain}, the ledger {ledgerAtoms} and others paid {foreignAtoms}.");
    }

    private async Task JudgeKeyAsync()
    {
        var signer = await engine.SignerAsync();
        var mined = await engine.Chain.ReadTransactionCountAsync(engine.Gas, pending: false, Engine.Stop);
        Check(signer.InFlight == 0 && signer.Waiting.IsEmpty, $"{signer.InFlight} transactions on their way and {signer.Waiting.Count} payments waiting although everything was healed.");
        Check(engine.Chain.Pool.Count == 0, $"{engine.Chain.Pool.Count} transactions that cannot be mined.");
        var open = string.Join(", ", signer.Transactions.Values.Select(transaction => $"{transaction.Nonce}{(transaction.Block is null ? "" : " mined")}"));
        Check(
            signer.NextNonce <= mined || !signer.Synced,
            $"The next nonce is {signer.NextNonce} and {mined} were mined: there is a gap. Open: {open}; foreign: {signer.Foreign?.ToString() ?? "none"}.");
    }

    private void Check(bool holds, string words)
    {
        if (!holds)
        {
            broken.Add(words);
        }
    }
}

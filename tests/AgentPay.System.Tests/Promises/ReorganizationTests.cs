using System.Globalization;
using System.Text.Json;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P8: a payment of a lost block goes back to pending, and what is said of it in the end is what the chain says.</summary>
public sealed class ReorganizationTests(ReorgWorld world) : IClassFixture<ReorgWorld>
{
    private static readonly int _rounds = TestScale.Factor > 1 ? 60 : 3;
    private static readonly int _restarts = TestScale.Factor > 1 ? 5 : 1;
    private static readonly int _payments = TestScale.Factor > 1 ? 300 : 12;

    [Fact]
    public async Task A_payment_of_a_lost_block_goes_back_to_pending_and_ends_as_the_chain_has_it()
    {
        var chance = new Random(TestScale.FirstSeed);
        var lost = new Reorganizations(world.Chain, chance);
        using var payer = await world.Chain.NewPayerAsync(100_000_000);
        var (payments, asked) = (new List<Payment>(), new List<Task>());
        for (var block = 0; block < Reorganizations.DepthMax; block++)
        {
            await world.Chain.MineAsync();
        }

        for (var round = 0; round < _rounds; round++)
        {
            var group = Enumerable.Range(0, _payments / _rounds).Select(_ => Sign(payer)).ToArray();
            payments.AddRange(group);
            asked.AddRange(group.Select(payment => world.Engine.SettleAsync(payment, "k")));
            await MineSomeAsync(group, chance);
            await LoseBlocksAsync(lost, round, chance);
        }

        await FollowedAsync(payments);
        var reorged = await AssertAsTheChainHasItAsync(payments, payer.Address);
        await Task.WhenAny(Task.WhenAll(asked));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {payments.Count} payments, {_rounds} reorganizations: {lost.Lost} transactions lost, {lost.Dropped} dropped, {lost.Moved} moved; {reorged} times taken back.");
    }

    /// <summary>The nonces of authorizations used on the chain as it is now.</summary>
    private async Task<string[]> UsedAsync(Address payer)
    {
        var filter = new { fromBlock = "0x0", toBlock = "latest", address = world.Chain.Token.ToString(), topics = new[] { Eip3009.AuthorizationUsed.ToString(), Bytes32.From(payer).ToString() } };
        return [.. (await world.Chain.CallAsync("eth_getLogs", filter)).EnumerateArray().Select(static log => log.GetProperty("topics")[2].GetString()!)];
    }

    private Payment Sign(EvmSigner payer) => Payment.Sign(
        world.Chain, payer, change: static transfer => transfer with { ValidBefore = (ulong)TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds() });

    /// <summary>Some of them come into blocks, one after the other; at times the engine has seen these before they are lost.</summary>
    private async Task MineSomeAsync(Payment[] group, Random chance)
    {
        await Wait.UntilAsync(async () => (await StatusesAsync(group)).All(static status => status is "submitted" or "confirmed" or "safe" or "final"));
        for (var blocks = chance.Next(1, 4); blocks > 0; blocks--)
        {
            await world.Chain.MineAsync();
        }

        if (chance.Next(2) == 0)
        {
            var height = TestChain.Number(await world.Chain.CallAsync("eth_blockNumber"));
            await Wait.UntilAsync(async () => await HeadAsync() >= height);
        }
    }

    /// <summary>The newest block that the engine has followed.</summary>
    private async Task<ulong> HeadAsync() =>
        (await world.Engine.GetAsync($"/health/connectors/{world.Chain.Network}")).Json.GetProperty("head") is { ValueKind: JsonValueKind.Number } head ? head.GetUInt64() : 0;

    /// <summary>With the engine watching, with the engine killed right after it, or, once, with no engine there.</summary>
    private async Task LoseBlocksAsync(Reorganizations lost, int round, Random chance)
    {
        var depth = chance.Next(1, Reorganizations.DepthMax + 1);
        var isSilent = round == _rounds / 2;
        if (isSilent)
        {
            await world.Engine.KillAsync();
        }

        await lost.MakeAsync(depth);
        if (isSilent)
        {
            await world.Engine.StartAsync();
        }
        else if (round % Math.Max(2, _rounds / _restarts) == 0)
        {
            await world.Engine.RestartAsync();
        }
    }

    private async Task<List<string?>> StatusesAsync(IEnumerable<Payment> payments)
    {
        var statuses = new List<string?>();
        foreach (var payment in payments)
        {
            statuses.Add((await world.Engine.SettlementAsync(payment))?.GetProperty("status").GetString());
        }

        return statuses;
    }

    /// <summary>Mines until the engine has followed the chain to where it is.</summary>
    private async Task FollowedAsync(List<Payment> payments)
    {
        await Wait.UntilAsync(
            async () =>
            {
                await world.Chain.MineAsync();
                return await AreInTheirBlocksAsync(payments);
            },
            seconds: 60);
    }

    /// <summary>The engine has followed the chain to where it is: each payment is confirmed in the block that holds it.</summary>
    private async Task<bool> AreInTheirBlocksAsync(List<Payment> payments)
    {
        foreach (var payment in payments)
        {
            if (await world.Engine.SettlementAsync(payment) is not { } settlement
                || settlement.GetProperty("status").GetString() is not ("confirmed" or "safe" or "final")
                || await world.Chain.ReceiptAsync(settlement.GetProperty("transaction").GetString()!) is not { } receipt
                || receipt["blockHash"].GetString() != settlement.GetProperty("block").GetProperty("hash").GetString())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Each once on the chain; taken back as often as confirmed but for the last time; the merchant has in the ledger what the chain gave. How often one was taken back.</summary>
    private async Task<int> AssertAsTheChainHasItAsync(List<Payment> payments, Address payer)
    {
        var used = await UsedAsync(payer);
        Assert.Equal(payments.Select(static payment => payment.Transfer.Nonce.ToString()).Order(), used.Order());
        var (rows, reorged, received) = (0, 0, 0L);
        foreach (var payment in payments)
        {
            var settlement = (await world.Engine.SettlementAsync(payment))!.Value;
            var receipt = await world.Chain.ReceiptAsync(settlement.GetProperty("transaction").GetString()!);
            Assert.Equal("0x1", receipt!["status"].GetString());
            var events = settlement.GetProperty("events").EnumerateArray().ToArray();
            Assert.Equal(Enumerable.Range(1, events.Length).Select(static number => (long)number), events.Select(static entry => entry.GetProperty("object_sequence").GetInt64()));
            var outcomes = events.Select(static entry => entry.GetProperty("type").GetString()).Where(static type => type is "settlement.confirmed" or "settlement.reorged").ToArray();
            Assert.Equal(Enumerable.Range(0, outcomes.Length).Select(static place => place % 2 == 0 ? "settlement.confirmed" : "settlement.reorged"), outcomes);
            Assert.Equal(1, outcomes.Length % 2);
            EngineOnChain.AssertLedgerSumsToZero(settlement, outcomes.Length);
            received += settlement.GetProperty("postings").EnumerateArray()
                .Where(posting => posting.GetProperty("account").GetString()!.Contains(world.Chain.Merchant.ToString(), StringComparison.OrdinalIgnoreCase))
                .Sum(static posting => long.Parse(posting.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture));
            (rows, reorged) = (rows + outcomes.Length, reorged + (outcomes.Length / 2));
        }

        Assert.Equal(payments.Count * (long)Payment.Price, received);
        Assert.Equal((ulong)received, await world.Chain.BalanceAsync(world.Chain.Merchant));
        world.Engine.Program.Terminate();
        Assert.Equal(0, await world.Engine.Program.EndAsync(60));
        await world.Engine.AssertWholeAsync(rows);
        return reorged;
    }
}

using System.Collections.Concurrent;
using System.Text.Json;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P3: one payment buys one grant of one resource: none without a settlement, and none is missing for who asks again, whatever becomes of the settlements.</summary>
[Collection("Two engines")]
public sealed class OneGrantTests(ShopWorld world) : IClassFixture<ShopWorld>
{
    private const int Kinds = 10;
    private const int EmptiedOf = 5;
    private const int AtOnceMax = 64;
    private const string Quote = "/demo/quote";
    private const string Pending = "settlement_pending";
    private static readonly bool _isAsWritten = TestScale.Factor > 1;
    private static readonly (int PerSecond, TimeSpan Lasts) _count = _isAsWritten ? (200, TimeSpan.FromSeconds(60)) : (40, TimeSpan.FromSeconds(3));
    private static readonly TimeSpan _trouble = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(_isAsWritten ? 6 : 0.8);

    private readonly Random _chance = new(TestScale.FirstSeed);
    private readonly ConcurrentDictionary<int, Purchase> _purchases = new();
    private readonly ConcurrentQueue<(Purchase Purchase, string Resource)> _untold = new();
    private readonly ConcurrentDictionary<string, int> _answers = new();

    [Fact]
    public async Task As_many_are_served_as_paid_while_settlements_fail_and_time_out_and_copies_of_payments_come_at_once_later_and_elsewhere()
    {
        var (clock, stop) = (TimeProvider.System, TestContext.Current.CancellationToken);
        using var payer = await world.Chain.NewPayerAsync(1_000_000_000);
        var payments = await SignAsync(payer);
        var admitted = await AdmittedAsync();

        var since = clock.GetTimestamp();
        var goesOn = () => clock.GetElapsedTime(since) < _count.Lasts;
        var troubling = TroubleAsync(goesOn);
        var asked = await Pace.RunAsync(_count.PerSecond, goesOn, number => BuyAsync(number, payments));
        var rate = asked / clock.GetElapsedTime(since).TotalSeconds;
        await troubling;
        var (mixed, all) = (Words(), _purchases.Values.ToArray());
        var early = all.Sum(static purchase => purchase.Grants.Count);

        // Who got nothing asks again for what it asked for, until it is told yes or no.
        await Parallel.ForEachAsync(all.Where(static purchase => purchase.Grants.IsEmpty), At(stop), async (purchase, _) => await AskUntilToldAsync(purchase));
        var settled = await world.Chain.AuthorizationsUsedAsync();
        var grants = all.Sum(static purchase => purchase.Grants.Count);
        var runs = await AdmittedAsync() - admitted;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {asked} requests, {rate:0} a second, with {all.Length} payments: {mixed}. {early} served then, {grants - early} when asked again; " +
            $"{settled.Count} paid, {all.Count(static purchase => purchase.WasUntold)} told to come again, {all.Length - settled.Count} failed, {runs:0} runs of the handler begun.");

        Assert.Equal(settled.Count, grants);
        Assert.All(all, purchase => AssertServedAsPaid(purchase, settled));
        Assert.Equal(Payment.Price * (ulong)grants, await world.Chain.BalanceAsync(world.Chain.Merchant));

        // A payment that a run could not settle, because the chain was not to be had, is admitted anew.
        Assert.InRange(runs, grants, all.Length + _answers.Where(static pair => pair.Key.StartsWith("503", StringComparison.Ordinal)).Sum(static pair => pair.Value));

        // Nobody gets anything for a payment that was used, nor for one that failed.
        await Parallel.ForEachAsync(all, At(stop), async (purchase, _) =>
        {
            foreach (var resource in purchase.Resources.Keys.Append(Quote + "?other=1"))
            {
                var answer = await AskAsync(purchase, resource);
                Assert.True(answer?.Status == 402, $"{answer}");
            }
        });
        Assert.Equal(settled.Count, (await world.Chain.AuthorizationsUsedAsync()).Count);
    }

    /// <summary>Exactly one grant of what was paid, with the receipt of the transaction that paid it; of what was not paid none.</summary>
    private static void AssertServedAsPaid(Purchase purchase, Dictionary<(Address Payer, Bytes32 Nonce), string> settled)
    {
        if (settled.TryGetValue((purchase.Payment.Payer, purchase.Payment.Transfer.Nonce), out var transaction))
        {
            Assert.Equal(transaction, Assert.Single(purchase.Grants));
        }
        else
        {
            Assert.Empty(purchase.Grants);
        }
    }

    /// <summary>One in five is of a payer who will have taken the money away when the transaction reaches the node.</summary>
    private async Task<Payment[]> SignAsync(EvmSigner payer)
    {
        var endsAt = (ulong)TimeProvider.System.GetUtcNow().AddSeconds(600).ToUnixTimeSeconds();
        Eip3009Transfer Longer(Eip3009Transfer transfer) => transfer with { ValidBefore = endsAt };
        var count = (int)(_count.PerSecond * _count.Lasts.TotalSeconds * 1.1);
        var emptied = await Emptying.ArrangeAsync(world.Chain, world.Proxy, count / EmptiedOf, Longer);
        return [.. Enumerable.Range(0, count).Select(place => place % EmptiedOf == 0 && place / EmptiedOf < emptied.Length ? emptied[place / EmptiedOf] : Payment.Sign(world.Chain, payer, change: Longer))];
    }

    /// <summary>One after the other: what is sent or what came of it is held up longer than a buyer waits, or its answer is lost.</summary>
    private async Task TroubleAsync(Func<bool> goesOn)
    {
        (string Method, RpcPoint Point, RpcFate? Fate)[] troubles =
        [
            ("eth_sendRawTransaction", RpcPoint.BeforeNode, null),
            ("eth_getTransactionReceipt", RpcPoint.BeforeAnswer, null),
            ("eth_sendRawTransaction", RpcPoint.BeforeAnswer, RpcFate.Drop),
        ];
        for (var turn = 0; goesOn(); turn++)
        {
            await Task.Delay(_calm, TimeProvider.System, TestContext.Current.CancellationToken);
            var (method, point, fate) = troubles[turn % troubles.Length];
            using var trouble = fate is { } told ? world.Proxy.Fail(method, point, told) : world.Proxy.StopAt(method, point);
            await Task.Delay(_trouble, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Of ten requests four are copies in pairs at once, two of them for different resources, and two ask once more, or for something else with a payment from before.</summary>
    private Task<Answer?> BuyAsync(int number, Payment[] payments) => (number % Kinds) switch
    {
        1 => AskAsync(_purchases[number - 1], Quote),
        2 => AskAsync(New(number, payments), Quote + "?place=oslo"),
        3 => AskAsync(_purchases[number - 1], Quote + "?place=rome"),
        8 or 9 when _untold.TryDequeue(out var untold) => AskAsync(untold.Purchase, untold.Resource),
        8 => AskAsync(Earlier(number), Quote),
        9 => AskAsync(Earlier(number), Quote + "?place=paris"),
        _ => AskAsync(New(number, payments), Quote),
    };

    private Purchase New(int number, Payment[] payments) => _purchases[number] = new Purchase(payments[_purchases.Count]);

    private Purchase Earlier(int number) => _purchases.GetValueOrDefault(_chance.Next(number)) ?? _purchases[0];

    private async Task AskUntilToldAsync(Purchase purchase)
    {
        foreach (var resource in purchase.Resources.Keys)
        {
            await Wait.UntilAsync(async () => await AskAsync(purchase, resource) is { } answer && answer.Status != 503 && ErrorOf(answer) != Pending);
        }
    }

    /// <summary>Null when the connection broke.</summary>
    private async Task<Answer?> AskAsync(Purchase purchase, string resource)
    {
        purchase.Resources[resource] = true;
        Answer answer;
        try
        {
            answer = await world.Engine.GetAsync(resource, ("PAYMENT-SIGNATURE", purchase.Header));
        }
        catch (HttpRequestException broken)
        {
            Count($"{broken.HttpRequestError}");
            return null;
        }

        var error = answer.Status == 200 ? null : ErrorOf(answer);
        Count($"{answer.Status} {error}");
        if (answer.Status == 200)
        {
            Assert.NotEmpty(answer.Text("text")!);
            purchase.Grants.Enqueue(ReceiptOf(answer));
        }
        else if (answer.Status == 503 || error == Pending)
        {
            purchase.WasUntold = true;
            _untold.Enqueue((purchase, resource));
        }
        else
        {
            Assert.True(answer.Status == 402, $"{answer}");
        }

        return answer;
    }

    private void Count(string answer) => _answers.AddOrUpdate(answer, 1, static (_, count) => count + 1);

    private string Words() => string.Join(", ", _answers.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Value} x {pair.Key}"));

    private Task<double> AdmittedAsync() => world.Engine.MetricAsync("agentpay_settlement_changes_total", "status=\"admitted\"");

    private static ParallelOptions At(CancellationToken stop) => new() { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = stop };

    private static string? ErrorOf(Answer answer) => answer.Text(answer.Status == 503 ? "code" : "error");

    private static string ReceiptOf(Answer answer)
    {
        var receipt = JsonDocument.Parse(Convert.FromBase64String(answer.Header("PAYMENT-RESPONSE")!)).RootElement;
        Assert.True(receipt.GetProperty("success").GetBoolean(), $"{receipt}");
        return receipt.GetProperty("transaction").GetString()!;
    }
}

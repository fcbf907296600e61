using System.Collections.Concurrent;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P1. A thousand wallets pay at two engines that are killed all the time: seen from outside, the book is right at every moment.</summary>
[Collection("Two engines")]
public sealed class MoneyIsConservedTests
{
    private const int Wallets = 1_000;
    private const int Merchants = 20;
    private const int Funds = 100;
    private const int Callers = 12;
    private const int ListMax = 20;
    private static readonly int _looks = TestScale.Factor > 1 ? 440 : 12;
    private static readonly TimeSpan _everyLook = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentQueue<(string From, string To, string Asset, long Amount)> _toldBooked = new();
    private int _refused;
    private int _requests;

    [Fact]
    public async Task At_every_look_from_outside_every_balance_is_the_sum_of_its_postings_and_nothing_was_made_or_lost()
    {
        await using var engines = await BookEngines.StartAsync(2);
        await FundAsync(engines);
        await using var watch = await BookWatch.OpenAsync(engines.Database);
        using var stopping = new CancellationTokenSource();
        var traffic = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => PayAsync(engines, caller, stopping.Token))));

        var (bad, seen, kills) = await WatchAsync(engines, watch, traffic);
        await stopping.CancelAsync();
        await traffic;

        var entries = await watch.LookAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {_looks} looks at {seen} different books, {bad.Count} bad, {kills} kills, {_requests} requests, {_toldBooked.Count} booked, {_refused} refused.");
        Assert.Empty(bad);
        Assert.Empty(BookWatch.Faults(entries));
        Assert.True(_refused > 0 && kills > 0 && seen > 1, "Nothing was refused, killed or moved.");
        AssertAsTold(entries);
    }

    private async Task<(List<string> Bad, int Seen, int Kills)> WatchAsync(BookEngines engines, BookWatch watch, Task traffic)
    {
        var chance = new Random(TestScale.FirstSeed);
        var kills = new RandomKills(engines, chance);
        var (bad, seen, before) = (new List<string>(), 0, 0L);
        using var timer = new PeriodicTimer(_everyLook, TimeProvider.System);
        for (var look = 1; look <= _looks && !traffic.IsCompleted; look++)
        {
            var entries = await watch.LookAsync();
            var given = entries.Sum(entry => entry.Given);
            seen += given != before ? 1 : 0;
            bad.AddRange(BookWatch.Faults(entries).Select(fault => $"Look {look}: {fault}"));
            Assert.True(given >= before, "A posting is gone.");
            before = given;
            if (kills.AllRun && (look == 2 || chance.Next(8) == 0))
            {
                await kills.KillAsync();
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        await kills.EndAsync();
        return (bad, seen, kills.Count);
    }

    private async Task FundAsync(BookEngines engines)
    {
        var chance = new Random(0);
        foreach (var (issuer, asset, funds) in new[] { (BookEngines.Mint, BookEngines.Credits, Funds), (BookEngines.Vault, BookEngines.Points, Funds / 5) })
        {
            var orders = Enumerable.Range(0, Wallets).Select(wallet => (issuer, Wallet(wallet), asset, (long)funds)).ToArray();
            await BookAsync(engines, chance, asset, orders);
        }
    }

    private async Task PayAsync(BookEngines engines, int caller, CancellationToken stopping)
    {
        var chance = new Random(unchecked((TestScale.FirstSeed * 1_000) + caller));
        for (var number = 0; !stopping.IsCancellationRequested; number++)
        {
            var count = chance.Next(4) == 0 ? chance.Next(2, ListMax) : 1;
            await BookAsync(engines, chance, $"{caller}-{number}", [.. Enumerable.Range(0, count).Select(_ => Choose(chance))]);
        }
    }

    /// <summary>A purchase, a refund, a gift, more of what is issued; some of each are more than there is.</summary>
    private static (string From, string To, string Asset, long Amount) Choose(Random chance)
    {
        var (wallet, merchant) = (Wallet(chance.Next(Wallets)), $"merchant-{chance.Next(Merchants)}");
        var (asset, issuer) = chance.Next(2) == 0 ? (BookEngines.Credits, BookEngines.Mint) : (BookEngines.Points, BookEngines.Vault);
        var amount = (long)chance.Next(1, Funds);
        return chance.Next(10) switch
        {
            < 6 => (wallet, merchant, asset, amount),
            < 8 => (merchant, wallet, asset, amount),
            8 => (wallet, Wallet(chance.Next(Wallets)), asset, amount),
            _ => (issuer, wallet, asset, amount),
        };
    }

    private async Task BookAsync(BookEngines engines, Random chance, string key, (string From, string To, string Asset, long Amount)[] orders)
    {
        var texts = orders.Select(order => BookEngines.Order(order.From, order.To, order.Amount, order.Asset)).ToArray();
        var answer = await engines.BookAsync(chance, key, orders.Length == 1 ? texts[0] : BookEngines.List(texts));
        Interlocked.Increment(ref _requests);
        for (var place = 0; place < orders.Length; place++)
        {
            if (IsBooked(answer, orders.Length == 1 ? null : place))
            {
                _toldBooked.Enqueue(orders[place]);
            }
            else
            {
                Interlocked.Increment(ref _refused);
            }
        }
    }

    private static bool IsBooked(Answer answer, int? place)
    {
        var (status, code) = place is { } listed && answer.Json.GetProperty("outcomes")[listed] is var outcome
            ? (outcome.GetProperty("status").GetString(), outcome.TryGetProperty("code", out var text) ? text.GetString() : null)
            : answer.Status == 200 ? (answer.Text("status"), null) : ("refused", answer.Text("code"));
        Assert.True((status, code) is ("booked", null) or ("refused", "insufficient_funds" or "same_account"), answer.ToString());
        return status == "booked";
    }

    /// <summary>Every caller was told in the end: what they were told is what the ledger has, no less and no more.</summary>
    private void AssertAsTold(List<BookEntry> entries)
    {
        Assert.Equal(_toldBooked.Count, entries.Sum(entry => entry.Given));
        var told = _toldBooked.SelectMany(order => new[] { (Account: order.From, order.Asset, Amount: -order.Amount), (Account: order.To, order.Asset, order.Amount) })
            .GroupBy(leg => (leg.Account, leg.Asset)).ToDictionary(legs => legs.Key, legs => legs.Sum(leg => leg.Amount));
        Assert.Equal(told.OrderBy(leg => leg.Key), entries.Select(entry => KeyValuePair.Create((entry.Account, entry.Asset), entry.Held!.Value)).OrderBy(leg => leg.Key));
    }

    private static string Wallet(int number) => $"wallet-{number}";
}

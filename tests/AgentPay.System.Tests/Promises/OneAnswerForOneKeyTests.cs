using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P5. A key that is sent again and again, at two engines that are killed, over connections that break: it is done once and answered the same.</summary>
[Collection("Two engines")]
public sealed class OneAnswerForOneKeyTests
{
    private const int Rounds = 4;
    private const int AtOnce = 5;
    private const int LostPercent = 30;
    private const int KeysAtOnce = 8;
    private const int Funds = 10;
    private static readonly int _keys = TestScale.Factor > 1 ? 500 : 20;
    private static readonly int _kills = TestScale.Factor > 1 ? 10 : 1;
    private static readonly int _payments = TestScale.Factor > 1 ? 100 : 8;
    private static readonly int _killsOfOne = TestScale.Factor > 1 ? 4 : 1;
    private int _sent;

    [Fact]
    public async Task Every_copy_of_a_request_gets_the_same_bytes_it_is_booked_once_and_other_bytes_under_its_key_do_nothing()
    {
        await using var engines = await BookEngines.StartAsync(2);
        await using var proxy = await LossyProxy.StartAsync(engines.All, LostPercent, TestScale.FirstSeed);
        var cases = Enumerable.Range(0, _keys).Select(number => new KeyCase(number)).ToArray();
        await FundAsync(engines, cases);

        var kills = await SendAllAsync(engines, proxy, cases);

        // Long after, and whoever is asked.
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = KeysAtOnce }, async (one, _) => await AskAgainAsync(engines, one));
        await using var watch = await BookWatch.OpenAsync(engines.Database);
        var entries = await watch.LookAsync();
        var replayed = cases.Sum(one => one.Told.Count(told => told.Answer.Header("Idempotent-Replayed") is not null));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {_keys} keys, {_sent} copies, {proxy.Lost} of {proxy.Answers} answers lost, {kills.Count} kills, "
            + $"{cases.Sum(one => one.Told.Count)} told, {replayed} of them replayed; in {cases.Count(one => one.IsRivalsKey)} cases the other bytes came first.");
        Assert.All(cases, one => one.AssertOneAnswer());
        Assert.Empty(BookWatch.Faults(entries));
        Assert.All(cases, one => one.AssertBookedOnce(entries));
        Assert.True(kills.Count >= _kills && proxy.Lost > 0, "Nothing was killed or lost.");
    }

    [Fact]
    public async Task Every_copy_of_a_settlement_under_its_key_is_told_the_one_success_and_it_is_paid_once()
    {
        await using var world = new PostgresWorld();
        await world.InitializeAsync();
        await using var proxy = await LossyProxy.StartAsync([world.Engine], LostPercent, TestScale.FirstSeed);
        using var payer = await world.Chain.NewPayerAsync();
        var payments = Enumerable.Range(0, _payments).Select(_ => (Payment: Payment.Sign(world.Chain, payer), Told: new ConcurrentQueue<Answer>())).ToArray();

        var sending = Parallel.ForEachAsync(payments, new ParallelOptions { MaxDegreeOfParallelism = KeysAtOnce }, async (one, _) =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => SettleAsync(proxy, one.Payment, one.Told)));
            }
        });
        for (var kill = 1; kill <= _killsOfOne; kill++)
        {
            var at = kill * _payments * Rounds * AtOnce / (_killsOfOne + 1);
            await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref _sent) >= at || sending.IsFaulted), seconds: 300);
            await world.Engine.RestartAsync();
        }

        await sending;
        foreach (var (payment, told) in payments)
        {
            var last = await Wait.ForAsync(async () => await world.Engine.SettleAsync(payment, "k") is { Status: 200, IsSuccess: true } answer ? answer : null);
            Assert.All(told.Where(answer => answer.IsSuccess), answer => Assert.Equal(last.Body, answer.Body));
            Assert.All(told.Where(answer => !answer.IsSuccess), answer => Assert.Equal("settlement_pending", answer.ErrorReason));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {_payments} payments, {_sent} copies, {proxy.Lost} of {proxy.Answers} answers lost, {_killsOfOne} kills, "
            + $"{payments.Sum(one => one.Told.Count(answer => answer.IsSuccess))} told success, {payments.Sum(one => one.Told.Count(answer => !answer.IsSuccess))} that it is under way.");
        Assert.Equal(_payments, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        await world.Engine.KillAsync();
        await world.Engine.AssertWholeAsync(_payments);
    }

    private async Task SettleAsync(LossyProxy proxy, Payment payment, ConcurrentQueue<Answer> told)
    {
        Interlocked.Increment(ref _sent);
        try
        {
            var answer = await Wait.ForAsync(
                async () => await proxy.Engine.SendAsync(
                    new HttpRequestMessage(HttpMethod.Post, new Uri(proxy.Url, "/facilitator/settle")) { Content = new StringContent(payment.Json, Encoding.UTF8, "application/json") },
                    ("Idempotency-Key", "k")) is { Status: not 503 } said ? said : null,
                seconds: 60);
            Assert.Equal(200, answer.Status);
            told.Enqueue(answer);
        }
        catch (HttpRequestException)
        {
            // Nobody was told anything.
        }
    }

    private static async Task FundAsync(BookEngines engines, KeyCase[] cases)
    {
        foreach (var some in cases.Chunk(250))
        {
            var orders = some.SelectMany(one => new[] { one.Payer, one.Rival }).Select(payer => BookEngines.Order(BookEngines.Mint, payer, Funds));
            var answer = await engines.BookAsync(new Random(0), $"funds-{some[0].Payer}", BookEngines.List(orders));
            Assert.Equal(0, answer.Json.GetProperty("refused").GetInt32());
        }
    }

    private async Task<RandomKills> SendAllAsync(BookEngines engines, LossyProxy proxy, KeyCase[] cases)
    {
        var kills = new RandomKills(engines, new Random(TestScale.FirstSeed));
        var sending = Parallel.ForEachAsync(
            cases,
            new ParallelOptions { MaxDegreeOfParallelism = KeysAtOnce },
            async (one, _) => await SendAsync(engines, proxy, one, new Random(unchecked((TestScale.FirstSeed * 1_000) + one.Number))));
        var all = _keys * Rounds * AtOnce;
        for (var kill = 1; kill <= _kills; kill++)
        {
            var at = kill * all / (_kills + 1);
            await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref _sent) >= at || sending.IsFaulted), seconds: 300);
            await kills.KillAsync();
        }

        await sending;
        await kills.EndAsync();
        return kills;
    }

    /// <summary>Copies, each sent once, and among them some of a request with other bytes; half of the time these may be the first.</summary>
    private async Task SendAsync(BookEngines engines, LossyProxy proxy, KeyCase one, Random chance)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var copies = Enumerable.Repeat(one.Body, AtOnce).Concat(Enumerable.Repeat(one.RivalBody, chance.Next(3))).ToArray();
            if (chance.Next(2) == 0)
            {
                chance.Shuffle(copies);
            }

            await Task.WhenAll(copies.Select(body => SendAsync(proxy, one, body)));
            if (round == 1)
            {
                // What was refused could be booked from now on.
                one.Tell(one.Body, await engines.BookAsync(chance, one.Key, one.Body));
                _ = await engines.BookAsync(chance, $"more-{one.Key}", BookEngines.List(BookEngines.Order(BookEngines.Mint, one.Payer, Funds), BookEngines.Order(BookEngines.Mint, one.Rival, Funds)));
            }
        }
    }

    private async Task SendAsync(LossyProxy proxy, KeyCase one, string body)
    {
        Interlocked.Increment(ref _sent);
        if (await BookEngines.TryBookAsync(proxy.Engine, proxy.Url, one.Key, body) is { } answer)
        {
            one.Tell(body, answer);
        }
    }

    private static async Task AskAgainAsync(BookEngines engines, KeyCase one)
    {
        var chance = new Random(one.Number);
        foreach (var body in new[] { one.Body, one.RivalBody, one.Body })
        {
            one.Tell(body, await engines.BookAsync(chance, one.Key, body));
        }
    }

    /// <summary>One key, the request that is sent under it, and another one that is, too.</summary>
    private sealed class KeyCase(int number)
    {
        private readonly Lock _lock = new();
        private readonly List<(string Body, Answer Answer)> _told = [];

        public int Number => number;

        public string Key { get; } = string.Create(CultureInfo.InvariantCulture, $"key-{number}");

        public string Payer { get; } = string.Create(CultureInfo.InvariantCulture, $"payer-{number}");

        public string Rival { get; } = string.Create(CultureInfo.InvariantCulture, $"rival-{number}");

        public string Body => BodyOf(Payer);

        public string RivalBody => BodyOf(Rival);

        /// <summary>What callers were told, and of which bytes.</summary>
        public List<(string Body, Answer Answer)> Told => _told;

        /// <summary>The other bytes were the first.</summary>
        public bool IsRivalsKey => !IsConflict(_told.Last(told => told.Body == RivalBody).Answer);

        public void Tell(string body, Answer answer)
        {
            lock (_lock)
            {
                _told.Add((body, answer));
            }
        }

        public void AssertOneAnswer()
        {
            var (owners, others) = IsRivalsKey ? (RivalBody, Body) : (Body, RivalBody);
            var answers = _told.Where(told => told.Body == owners).Select(told => told.Answer).ToArray();
            Assert.All(answers, answer => Assert.Equal((answers[0].Status, answers[0].Body), (answer.Status, answer.Body)));
            Assert.All(_told.Where(told => told.Body == others), told => Assert.True(IsConflict(told.Answer), $"{Key}: {told}"));
            Assert.False(IsConflict(answers[0]), $"{Key}: {answers[0]}");
            Assert.InRange(answers.Count(answer => answer.Header("Idempotent-Replayed") is null), 0, 1);
            Assert.All(answers, answer => Assert.True(answer.Header("Idempotent-Replayed") is null or "true"));
        }

        public void AssertBookedOnce(IReadOnlyCollection<BookEntry> entries)
        {
            var (owner, other) = IsRivalsKey ? (Rival, Payer) : (Payer, Rival);
            var answer = _told.Last(told => told.Body == BodyOf(owner)).Answer;
            var booked = answer.Status != 200 ? 0 : answer.Json.TryGetProperty("booked", out var count) ? count.GetInt32() : 1;
            Assert.Equal((number % 4) switch { 1 => 0, 2 => 2, _ => 1 }, booked);
            Assert.Equal(booked, entries.Single(entry => entry.Account == owner).Given);
            Assert.Equal(0, entries.Single(entry => entry.Account == other).Given);
        }

        private static bool IsConflict(Answer answer) => answer.Status == 422 && answer.Text("code") == "idempotency_conflict";

        /// <summary>One that can be booked, one that cannot, a list of both, and one for all there is.</summary>
        private string BodyOf(string payer) => (number % 4) switch
        {
            0 => BookEngines.Order(payer, "shop", 1),
            1 => BookEngines.Order(payer, "shop", Funds + 1),
            2 => BookEngines.List(BookEngines.Order(payer, "shop", 4), BookEngines.Order(payer, "shop", Funds * 1_000), BookEngines.Order(payer, "shop", 5)),
            _ => BookEngines.Order(payer, "shop", Funds),
        };
    }
}

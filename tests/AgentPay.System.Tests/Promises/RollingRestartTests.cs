using System.Collections.Concurrent;
using System.Globalization;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P16: a rolling restart loses no request: engines stop and start one after the other under traffic, and who asks again at the next one, three times at most, is served.</summary>
[Collection("Two engines")]
public sealed class RollingRestartTests : IAsyncLifetime
{
    private const int AgainMax = 3;
    private const int Kinds = 30;
    private const int Accounts = 50;
    private const int Known = 20;
    private static readonly bool _isAsWritten = TestScale.Factor > 1;
    private static readonly int _perSecond = _isAsWritten ? 300 : 60;
    private static readonly TimeSpan _lasts = TimeSpan.FromSeconds(_isAsWritten ? 60 : 1);
    private static readonly TimeSpan _betweenStops = TimeSpan.FromSeconds(_isAsWritten ? 2 : 0.5);

    private readonly ThreeEngines _world = new();
    private readonly ConcurrentQueue<Done> _done = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<string, int> _again = new();
    private readonly ConcurrentDictionary<string, Answer> _booked = new();
    private readonly ConcurrentDictionary<Engine, int> _settling = new();

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Engines_that_stop_and_start_one_after_the_other_under_traffic_lose_no_request()
    {
        using var payer = await _world.Chain.NewPayerAsync(1_000_000_000);
        var known = Enumerable.Range(0, Known).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();
        var unpaid = Payment.Sign(_world.Chain, payer, change: static transfer => transfer with { ValidBefore = transfer.ValidBefore + 600UL });
        Assert.All(await Task.WhenAll(known.Select(payment => _world.All[0].SettleAsync(payment, "k"))), answer => Assert.True(answer.IsSuccess, answer.Body));

        var restarting = RestartAsync();
        var asked = await Pace.RunAsync(_perSecond, () => !restarting.IsCompleted, number => (number % Kinds) switch
        {
            0 => SettleAsync(number, Payment.Sign(_world.Chain, payer)),
            15 => AskAsync("verify", number, engine => engine.VerifyAsync(unpaid), static answer => answer is { Status: 200, IsValid: true }),
            1 or 7 or 13 or 19 or 25 => BookAsync(number),
            _ => AskAsync("read", number, engine => engine.GetAsync($"/v1/settlements/{Uri.EscapeDataString(known[number % Known].Settlement)}"), static answer => answer is { Status: 200 } && answer.Text("status") is "confirmed" or "safe" or "final"),
        });
        var stops = await restarting;

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{asked} requests at {_perSecond} a second while {stops.Count} engines stopped (within {stops.Max().TotalSeconds:0.0} s) and started. " +
            $"Asked again: {string.Join(", ", _again.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Value} x {pair.Key}"))}. " +
            string.Join("; ", _done.GroupBy(static done => done.Kind).Select(kind => $"{kind.Key} {Pace.Words([.. kind.Select(static done => done.Took)])}")) + ".");
        Assert.True(_failures.IsEmpty, $"{_failures.Count} lost:\n{string.Join('\n', _failures.Take(20))}");
        Assert.Equal(asked, _done.Count);
        Assert.NotEmpty(_again);
        await AssertBookedOnceAsync();
        await _world.AssertWholeAsync(payer.Address, Known + _done.Count(static done => done.Kind == "settle"), _booked.Count);
    }

    /// <summary>One after the other, round and round, each while it settles; a short run stops the holder of the key only. How long each took to stop.</summary>
    private async Task<List<TimeSpan>> RestartAsync()
    {
        var (clock, stops) = (TimeProvider.System, new List<TimeSpan>());
        var since = clock.GetTimestamp();
        do
        {
            await Task.Delay(_betweenStops, clock, TestContext.Current.CancellationToken);
            var engine = _world.All[stops.Count % _world.All.Count];
            await Wait.UntilAsync(() => Task.FromResult(_settling.GetValueOrDefault(engine) > 0));
            var asked = clock.GetTimestamp();
            await Engines.StopAsync(engine);
            stops.Add(clock.GetElapsedTime(asked));
            await _world.StartAsync(engine);
        }
        while (clock.GetElapsedTime(since) < _lasts);

        return stops;
    }

    private Task<Answer?> SettleAsync(int number, Payment payment) =>
        AskAsync("settle", number, engine => SettleAtAsync(engine, payment), static answer => answer is { Status: 200, IsSuccess: true });

    private async Task<Answer> SettleAtAsync(Engine engine, Payment payment)
    {
        _settling.AddOrUpdate(engine, 1, static (_, count) => count + 1);
        try
        {
            return await engine.SettleAsync(payment, "k");
        }
        finally
        {
            _settling.AddOrUpdate(engine, 0, static (_, count) => count - 1);
        }
    }

    private async Task BookAsync(int number)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{number}");
        if (await AskAsync("transfer", number, engine => ThreeEngines.BookAsync(engine, AccountOf(key), key), static answer => answer.Status == 200) is { } answer)
        {
            _booked[key] = answer;
        }
    }

    /// <summary>Each engine in its turn, for each kind of request. Who is not answered, or is told to ask again, asks the next one, with the same key.</summary>
    private async Task<Answer?> AskAsync(string kind, int number, Func<Engine, Task<Answer>> askAsync, Func<Answer, bool> isServed)
    {
        var (clock, last) = (TimeProvider.System, "");
        var since = clock.GetTimestamp();
        for (var again = 0; again <= AgainMax; again++)
        {
            try
            {
                var answer = await askAsync(_world.All[(number + (number / Kinds) + again) % _world.All.Count]);
                if (isServed(answer))
                {
                    _done.Enqueue(new Done(kind, clock.GetElapsedTime(since)));
                    return answer;
                }

                last = answer.ToString();
                if (answer.Status != 503 && answer is not { Status: 200, ErrorReason: "settlement_pending" })
                {
                    break;
                }

                Count(kind, answer.Status == 503 ? $"503 {answer.Text("code")}" : "pending");
            }
            catch (HttpRequestException broken)
            {
                last = broken.Message;
                Count(kind, $"{broken.HttpRequestError}");
            }
        }

        _failures.Enqueue($"{kind} {number}: {last}");
        return null;
    }

    private void Count(string kind, string why) => _again.AddOrUpdate($"{kind} {why}", 1, static (_, count) => count + 1);

    private async Task AssertBookedOnceAsync()
    {
        foreach (var account in _booked.Keys.GroupBy(AccountOf))
        {
            Assert.Equal(account.Count(), ThreeEngines.Holds(await ThreeEngines.BalancesAsync(_world.All[1], account.Key)));
        }

        foreach (var (key, answer) in _booked.Where(static booked => booked.Key.EndsWith('0')))
        {
            Assert.Equal(answer.Body, (await ThreeEngines.BookAsync(_world.All[2], AccountOf(key), key)).Body);
        }

        Assert.Equal(_booked.Count, _booked.Values.Select(static answer => answer.Text("id")).Distinct().Count());
    }

    private static string AccountOf(string key) => string.Create(CultureInfo.InvariantCulture, $"account-{int.Parse(key, CultureInfo.InvariantCulture) % Accounts}");

    private sealed record Done(string Kind, TimeSpan Took);
}

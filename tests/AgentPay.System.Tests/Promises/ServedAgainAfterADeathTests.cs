using System.Collections.Concurrent;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P17: after the death of one of three engines all grains are served again within five seconds, and who asks the others hardly notices.</summary>
[Collection("Two engines")]
public sealed class ServedAgainAfterADeathTests : IAsyncLifetime
{
    private static readonly bool _isAsWritten = TestScale.Factor > 1;
    private static readonly (int Kills, int Grains, int PerSecond) _count = _isAsWritten ? (10, 200, 400) : (1, 40, 80);
    private static readonly TimeSpan _servedWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _unaffected = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(_isAsWritten ? 5 : 1);

    private readonly ThreeEngines _world = new();
    private readonly Random _chance = new(TestScale.FirstSeed);
    private readonly ConcurrentQueue<Asked> _asked = new();
    private volatile Engine? _dead;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task After_a_kill_of_one_of_three_engines_all_is_served_again_within_five_seconds()
    {
        using var payer = await _world.Chain.NewPayerAsync(1_000_000_000);
        var payments = Enumerable.Range(0, _count.Grains).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();
        Assert.All(await Task.WhenAll(payments.Select((payment, place) => _world.All[place % _world.All.Count].SettleAsync(payment, "k"))), answer => Assert.True(answer.IsSuccess, answer.Body));

        var since = TimeProvider.System.GetTimestamp();
        var killing = KillAsync(payer);
        var asked = await Pace.RunAsync(_count.PerSecond, () => !killing.IsCompleted, number => AskAsync(number, payments));
        var deaths = await killing;

        var all = _asked.ToArray();
        var untilServed = deaths.Select((death, place) => UntilServed(all, death, place + 1 < deaths.Count ? deaths[place + 1].At : long.MaxValue)).ToArray();
        var survivors = all.Where(one => deaths.Any(death => one.IsWithin(death, _servedWithin) && one.Engine != death.Engine)).ToArray();
        var calm = all.Where(one => one.At < deaths[0].At).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {asked / TimeProvider.System.GetElapsedTime(since).TotalSeconds:0} requests a second to {_count.Grains} grains, {_count.Kills} kills, {deaths.Count(static death => death.HadKey)} of the key's holder. " +
            $"All served after {Seconds(untilServed)}; a new payment paid after {Seconds(deaths.Select(static death => death.PaidAfter))}, a transfer booked after {Seconds(deaths.Select(static death => death.BookedAfter))}. " +
            $"At the survivors in the five seconds after a kill {Pace.Words(Times(survivors))}, {survivors.Count(static one => !one.IsServed)} not served; before any kill {Pace.Words(Times(calm))}.");

        Assert.All(untilServed.Concat(deaths.SelectMany(static death => new[] { death.PaidAfter, death.BookedAfter })), took => Assert.InRange(took, TimeSpan.Zero, _servedWithin));
        Assert.Contains(deaths, static death => death.HadKey);
        if (_isAsWritten)
        {
            Assert.InRange(Pace.Quantile(Times(survivors), 0.99), TimeSpan.Zero, _unaffected);
        }

        await _world.AssertWholeAsync(payer.Address, payments.Length + deaths.Count, deaths.Count);
    }

    /// <summary>The holder of the key and anyone in turn. In a long run it stays down for the five seconds, in which what is seen is the death alone, and the next dies when it has served a while: neither its start nor its first requests are a death's.</summary>
    private async Task<List<Death>> KillAsync(EvmSigner payer)
    {
        var clock = TimeProvider.System;
        var deaths = new List<Death>();
        for (var kill = 0; kill < _count.Kills; kill++)
        {
            await Task.Delay(_calm, clock, TestContext.Current.CancellationToken);
            var holder = await _world.HolderAsync();
            var victim = kill % 2 == 0 && holder is not null ? holder : _world.All[_chance.Next(_world.All.Count)];
            var at = clock.GetTimestamp();
            _dead = victim;
            await victim.KillAsync();
            var booking = BookAsync(Survivor(kill), at);
            var paid = await Engines.AskUntilToldAsync(Survivor(kill), Payment.Sign(_world.Chain, payer));
            Assert.True(paid.IsSuccess, paid.Body);
            deaths.Add(new Death(victim, at, clock.GetElapsedTime(at), await booking, victim == holder));
            if (_isAsWritten)
            {
                await Wait.UntilAsync(() => Task.FromResult(clock.GetElapsedTime(at) > _servedWithin));
                await _world.StartAsync(victim);
                _dead = null;
            }
            else
            {
                // Nothing is asked any more when this ends.
                await Wait.UntilAsync(() => Task.FromResult(ServedSince(at).Count() == _count.Grains), seconds: 10);
            }
        }

        return deaths;
    }

    private static async Task<TimeSpan> BookAsync(Engine engine, long at)
    {
        var answer = await Wait.ForAsync(async () => await ThreeEngines.BookAsync(engine, "account", $"{at}") is { Status: not 503 } told ? told : null);
        Assert.Equal(200, answer.Status);
        return TimeProvider.System.GetElapsedTime(at);
    }

    /// <summary>Asks a grain for the answer it gave once, of an engine that is not known to be dead.</summary>
    private async Task AskAsync(int number, Payment[] payments)
    {
        var (clock, grain, engine) = (TimeProvider.System, number % payments.Length, Survivor(number / payments.Length + number));
        var at = clock.GetTimestamp();
        var isServed = false;
        try
        {
            var answer = await engine.SettleAsync(payments[grain], "k");
            isServed = answer is { Status: 200, IsSuccess: true };
            Assert.True(isServed || answer.Status == 503, $"{answer}");
        }
        catch (HttpRequestException) when (engine == _dead)
        {
            // It died with the engine.
            return;
        }
        catch (HttpRequestException)
        {
            // Not served: perhaps on a connection from before the engine's death.
        }

        _asked.Enqueue(new Asked(grain, engine, at, clock.GetElapsedTime(at), isServed));
    }

    private IEnumerable<int> ServedSince(long at) => _asked.Where(one => one.IsServed && one.At >= at && one.Engine != _dead).Select(static one => one.Grain).Distinct();

    private Engine Survivor(int number)
    {
        var dead = _dead;
        var alive = _world.All.Where(engine => engine != dead).ToArray();
        return alive[number % alive.Length];
    }

    /// <summary>From the kill until each grain was served and none was refused any more, before the next one; a request that began before the kill, or died with the engine, proves nothing.</summary>
    private static TimeSpan UntilServed(Asked[] all, Death death, long next)
    {
        var after = all.Where(one => one.IsWithin(death, 2 * _servedWithin) && one.At < next && one.Engine != death.Engine).ToArray();
        Assert.Equal(_count.Grains, after.Where(static one => one.IsServed).Select(static one => one.Grain).Distinct().Count());
        return after.GroupBy(static one => one.Grain).Max(grain =>
        {
            var lastRefused = grain.Where(static one => !one.IsServed).Select(static one => one.At).DefaultIfEmpty(long.MinValue).Max();
            return grain.Where(one => one.IsServed && one.At > lastRefused).Min(one => TimeProvider.System.GetElapsedTime(death.At, one.At) + one.Took);
        });
    }

    private static string Seconds(IEnumerable<TimeSpan> times) => string.Join(' ', times.Select(static time => $"{time.TotalSeconds:0.0}")) + " s";

    private static TimeSpan[] Times(IEnumerable<Asked> asked) => [.. asked.Select(static one => one.Took)];

    /// <summary>A kill.</summary>
    private sealed record Death(Engine Engine, long At, TimeSpan PaidAfter, TimeSpan BookedAfter, bool HadKey);

    /// <summary>A request, when it began and how long it took.</summary>
    private sealed record Asked(int Grain, Engine Engine, long At, TimeSpan Took, bool IsServed)
    {
        public bool IsWithin(Death death, TimeSpan time) => At >= death.At && TimeProvider.System.GetElapsedTime(death.At, At) < time;
    }
}

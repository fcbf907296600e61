using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Postgres;

/// <summary>One after the other and beside no other test: what is measured here is seconds.</summary>
[CollectionDefinition("Two engines", DisableParallelization = true)]
public sealed class TwoEnginesGroup;

/// <summary>Two engines on one database and one key: safe at any time, whoever is asked and whoever dies.</summary>
[Collection("Two engines")]
public sealed class TwoEnginesTests : IAsyncLifetime
{
    private static readonly TimeSpan _takeOverMax = TimeSpan.FromSeconds(5);
    private readonly TwoEngines _world = new();

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Whoever_is_asked_a_payment_settles_once_and_success_is_said_once_or_to_one_key()
    {
        using var payer = await _world.Chain.NewPayerAsync();
        var keyless = Enumerable.Range(0, 12).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();
        var keyed = Enumerable.Range(0, 12).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();

        var told = await Task.WhenAll(keyless.Select(payment => Task.WhenAll(_world.First.SettleAsync(payment), _world.Second.SettleAsync(payment))));
        var repeated = await Task.WhenAll(keyed.Select(payment => Task.WhenAll(_world.First.SettleAsync(payment, "k"), _world.Second.SettleAsync(payment, "k"))));

        Assert.All(told, pair => Assert.Equal("duplicate_settlement", Assert.Single(pair, answer => !answer.IsSuccess).ErrorReason));
        Assert.All(told, pair => Assert.Equal(pair[0].Transaction, pair[1].Transaction));
        Assert.All(repeated, pair => Assert.True(pair[0].IsSuccess && pair[0].Body == pair[1].Body, $"{pair[0]} {pair[1]}"));
        await _world.AssertWholeAsync(payer.Address, 24);
    }

    [Fact]
    public async Task What_one_engine_answered_the_other_shows_at_once()
    {
        using var payer = await _world.Chain.NewPayerAsync();
        for (var turn = 0; turn < 10; turn++)
        {
            var payment = Payment.Sign(_world.Chain, payer);
            var (asked, other) = turn % 2 == 0 ? (_world.First, _world.Second) : (_world.Second, _world.First);
            Assert.Equal("pending", (await other.SettlementAsync(payment))?.GetProperty("status").GetString() ?? "pending");
            var settled = await asked.SettleAsync(payment, "k");
            Assert.True(settled.IsSuccess, settled.Body);
            Assert.Equal("confirmed", (await other.SettlementAsync(payment))!.Value.GetProperty("status").GetString());
            Assert.Equal(settled.Body, (await other.SettleAsync(payment, "k")).Body);
        }
    }

    [Fact]
    public async Task Killed_under_load_the_other_takes_its_key_over_and_every_payment_is_paid_once()
    {
        using var payer = await _world.Chain.NewPayerAsync();
        var payments = Enumerable.Range(0, 200).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();
        var asked = payments.Select((payment, place) => (place % 2 == 0 ? _world.First : _world.Second).SettleAsync(payment, "k")).ToArray();
        await Wait.UntilAsync(async () => await _world.Chain.AuthorizationsUsedAsync(payer.Address) > 20);
        await _world.First.KillAsync();
        var since = TimeProvider.System.GetTimestamp();

        var first = await TwoEngines.AskUntilToldAsync(_world.Second, Payment.Sign(_world.Chain, payer));
        var takenOver = TimeProvider.System.GetElapsedTime(since);
        TestContext.Current.TestOutputHelper?.WriteLine($"Taken over after {takenOver.TotalSeconds:0.0} s.");
        await Task.WhenAny(Task.WhenAll(asked));
        var answers = await Task.WhenAll(payments.Select(payment => TwoEngines.AskUntilToldAsync(_world.Second, payment)));

        Assert.True(first.IsSuccess, Words(first, _world.Second));
        Assert.InRange(takenOver, TimeSpan.Zero, _takeOverMax);
        Assert.Contains(asked, request => !request.IsCompletedSuccessfully);
        Assert.All(answers, answer => Assert.True(answer.IsSuccess, Words(answer, _world.Second)));
        await _world.AssertWholeAsync(payer.Address, payments.Length + 1);
    }

    [Fact]
    public async Task Killed_at_random_five_times_under_load_nothing_is_lost_and_nothing_paid_twice()
    {
        const int Kills = 5;
        const int Load = 60;
        var chance = new Random(TestScale.FirstSeed);
        using var payer = await _world.Chain.NewPayerAsync();
        for (var kill = 0; kill < Kills; kill++)
        {
            var (victim, other) = chance.Next(2) == 0 ? (_world.First, _world.Second) : (_world.Second, _world.First);
            var payments = Enumerable.Range(0, Load).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();
            var asked = payments.Select((payment, place) => (place % 2 == 0 ? victim : other).SettleAsync(payment, "k")).ToArray();
            var paid = (kill * (Load + 1)) + chance.Next(Load / 2);
            await Wait.UntilAsync(async () => await _world.Chain.AuthorizationsUsedAsync(payer.Address) >= paid);
            await victim.KillAsync();
            var since = TimeProvider.System.GetTimestamp();

            var next = await TwoEngines.AskUntilToldAsync(other, Payment.Sign(_world.Chain, payer));
            var takenOver = TimeProvider.System.GetElapsedTime(since);
            TestContext.Current.TestOutputHelper?.WriteLine($"Seed {TestScale.FirstSeed}, kill {kill + 1}: settled {takenOver.TotalSeconds:0.0} s after it.");
            Assert.True(next.IsSuccess, Words(next, other));
            Assert.True(takenOver < _takeOverMax, $"It took {takenOver.TotalSeconds:0.0} s:{Environment.NewLine}{other.Program.Output}");

            await Task.WhenAny(Task.WhenAll(asked));
            var answers = await Task.WhenAll(payments.Select(payment => TwoEngines.AskUntilToldAsync(other, payment)));
            Assert.All(answers, answer => Assert.True(answer.IsSuccess, Words(answer, other)));
            await victim.StartAsync();
        }

        await _world.AssertWholeAsync(payer.Address, Kills * (Load + 1));
    }

    private static string Words(Answer answer, Engine engine) => $"{answer.Body}{Environment.NewLine}{engine.Program.Output}";
}

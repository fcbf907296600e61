#if ORLEANS
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Cluster;

/// <summary>Two silos on one database are one cluster; the tests of two engines hold on it as well, this is what they do not ask.</summary>
[Collection("Two engines")]
public sealed class ClusterTests : IAsyncLifetime
{
    private readonly TwoEngines _world = new();

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Both_silos_count_two_members_and_one_that_is_killed_is_forgotten()
    {
        await MembersAsync(_world.First, 2);
        await MembersAsync(_world.Second, 2);
        await _world.First.KillAsync();
        await MembersAsync(_world.Second, 1);
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_leaves_at_once_with_code_0_and_the_other_settles_on()
    {
        await MembersAsync(_world.Second, 2);
        using var payer = await _world.Chain.NewPayerAsync();
        var payments = Enumerable.Range(0, 40).Select(_ => Payment.Sign(_world.Chain, payer)).ToArray();
        var asked = payments.Select(payment => _world.Second.SettleAsync(payment, "k")).ToArray();
        _world.First.Program.Terminate();
        Assert.True(await _world.First.Program.EndAsync(30) == 0, _world.First.Program.Output);
        await Task.WhenAll(asked);
        await MembersAsync(_world.Second, 1);

        var answers = await Task.WhenAll(payments.Select(payment => _world.Second.SettleAsync(payment, "k")));
        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.Body));
        Assert.Equal(payments.Length, await _world.Chain.AuthorizationsUsedAsync(payer.Address));
    }

    [Fact]
    public async Task An_api_process_has_payments_settled_by_a_silo_that_answers_nothing_but_health()
    {
        await using var api = await StartAsync("api");
        await using var silo = await StartAsync("silo");
        await MembersAsync(silo, 3);
        using var payer = await _world.Chain.NewPayerAsync();
        var payment = Payment.Sign(_world.Chain, payer);

        var settled = await api.SettleAsync(payment, "k");
        var again = await api.SettleAsync(payment, "k");
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(settled.Body, again.Body);
        Assert.Equal("confirmed", (await api.SettlementAsync(payment))!.Value.GetProperty("status").GetString());
        Assert.Equal(404, (await silo.SettleAsync(payment, "k")).Status);
        Assert.Equal(1, await _world.Chain.AuthorizationsUsedAsync(payer.Address));
    }

    private static Task MembersAsync(Engine engine, int members) => Wait.UntilAsync(async () =>
        (await engine.GetAsync("/health/ready")) is { Status: 200 } ready && ready.Json.GetProperty("silo").GetProperty("members").GetInt32() == members);

    private async Task<Engine> StartAsync(string roles)
    {
        var engine = new Engine(new Dictionary<string, string>(_world.Settings) { ["AgentPay__Roles"] = roles });
        await engine.StartAsync();
        return engine;
    }
}
#endif

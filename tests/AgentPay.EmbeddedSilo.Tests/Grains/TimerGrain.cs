namespace AgentPay.EmbeddedSilo.Tests.Grains;

public interface ITimerGrain : IGrainWithStringKey
{
    Task StartAsync(TimeSpan due, TimeSpan period, bool interleave, bool keepAlive);

    Task ChangeAsync(TimeSpan due, TimeSpan period);

    Task StopAsync();

    Task<string> WorkAsync(string name);
}

[GrainType("timer")]
internal sealed class TimerGrain(Probe probe, TimeProvider clock) : Grain, ITimerGrain
{
    private IGrainTimer? timer;
    private int ticks;

    public Task StartAsync(TimeSpan due, TimeSpan period, bool interleave, bool keepAlive)
    {
        timer = this.RegisterGrainTimer(TickAsync, "tick", new GrainTimerCreationOptions(due, period) { Interleave = interleave, KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task ChangeAsync(TimeSpan due, TimeSpan period)
    {
        timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task StopAsync()
    {
        timer!.Dispose();
        return Task.CompletedTask;
    }

    public async Task<string> WorkAsync(string name)
    {
        await probe.PassAsync(name);
        probe.Write($"{name} ends");
        return name;
    }

    private Task TickAsync(string name, CancellationToken cancellationToken)
    {
        ticks++;
        probe.Write($"{name} {ticks} at {clock.GetUtcNow():HH:mm:ss}");
        return this.GetPrimaryKeyString() == "failing" ? throw new InvalidTimeZoneException("a tick") : Task.CompletedTask;
    }
}

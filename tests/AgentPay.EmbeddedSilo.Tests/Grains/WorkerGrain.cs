using System.Diagnostics;
using Orleans.Concurrency;

namespace AgentPay.EmbeddedSilo.Tests.Grains;

internal abstract class Work(Probe probe) : Grain, IWork
{
    private int count;

    protected Probe Probe => probe;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        probe.Write($"{this.GetPrimaryKeyString()} activates");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        probe.Write($"{this.GetPrimaryKeyString()} ends: {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public async Task<string> WorkAsync(string name)
    {
        probe.Write($"{name} begins");
        await probe.PassAsync(name);
        probe.Write($"{name} ends");
        return name;
    }

    public Task<string> PeekAsync(string name) => WorkAsync(name);

    public Task<int> CountAsync() => Task.FromResult(++count);

    public async Task YieldAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            probe.Alone(() => count++);
            await Task.Yield();
        }
    }

    public Task LeaveAsync(string gate)
    {
        DeactivateOnIdle();
        return probe.PassAsync(gate);
    }
}

[GrainType("worker")]
internal sealed class WorkerGrain(Probe probe) : Work(probe), IWorkerGrain
{
    public Task<string> AskAsync(string other, string name) => GrainFactory.GetGrain<IWorkerGrain>(other).WorkAsync(name);

    public async Task<bool> StaysOnItsSchedulerAsync()
    {
        var scheduler = TaskScheduler.Current;
        await Task.Yield();
        var afterYield = TaskScheduler.Current;
        var elsewhere = await Task.Run(() => TaskScheduler.Current);
        await GrainFactory.GetGrain<IWorkerGrain>("other").CountAsync();
        return scheduler != TaskScheduler.Default && elsewhere == TaskScheduler.Default
            && afterYield == scheduler && TaskScheduler.Current == scheduler;
    }

    public async Task FailAsync(string message)
    {
        await Task.Yield();
        throw new InvalidTimeZoneException(message);
    }

    public Task FailAtOnceAsync(string message) => throw new InvalidTimeZoneException(message);

    public Task<int> NothingAsync() => null!;

    public ValueTask<int> DoubleAsync(int value) => new(value * 2);

    public ValueTask TouchAsync()
    {
        Probe.Write("touched");
        return ValueTask.CompletedTask;
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Probe.Open("waiting");
        var cancelled = new TaskCompletionSource();
        await using var _ = cancellationToken.Register(() => cancelled.TrySetCanceled(cancellationToken));
        await cancelled.Task;
    }

    public async Task FinishAsync(string gate, CancellationToken cancellationToken)
    {
        await Probe.PassAsync(gate);
        Probe.Write("finished");
    }

    public Task<string> SelfAsync() => Task.FromResult($"{this.GetGrainId()} {this.AsReference<IWork>().GetGrainId()}");

    public Task<string?> TraceAsync() => Task.FromResult(Activity.Current?.TraceId.ToString());

    public Task<(string, string, int, long, TimeSpan)> ManyAsync(string a, string b, int c, long d, TimeSpan e) => Task.FromResult((a, b, c, d, e));
}

[GrainType("reentrant"), Reentrant]
internal sealed class ReentrantGrain(Probe probe) : Work(probe), IReentrantGrain;

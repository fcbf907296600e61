using Orleans.Concurrency;

namespace AgentPay.EmbeddedSilo.Tests.Grains;

/// <summary>Implemented by two grain classes, so addressed by grain id.</summary>
public interface IWork : IGrainWithStringKey
{
    Task<string> WorkAsync(string name);

    [AlwaysInterleave]
    Task<string> PeekAsync(string name);

    Task<int> CountAsync();

    /// <summary>Yields that often, and counts the parts that another thread disturbed.</summary>
    Task YieldAsync(int times);

    /// <summary>Asks to leave, then waits at the gate.</summary>
    Task LeaveAsync(string gate);
}

public interface IWorkerGrain : IWork
{
    Task<string> AskAsync(string other, string name);

    Task<bool> StaysOnItsSchedulerAsync();

    Task FailAsync(string message);

    Task FailAtOnceAsync(string message);

    Task<int> NothingAsync();

    ValueTask<int> DoubleAsync(int value);

    ValueTask TouchAsync();

    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Waits at the gate, whether or not its caller cancels.</summary>
    Task FinishAsync(string gate, CancellationToken cancellationToken);

    Task<string> SelfAsync();

    Task<string?> TraceAsync();

    Task<(string, string, int, long, TimeSpan)> ManyAsync(string a, string b, int c, long d, TimeSpan e);
}

public interface IReentrantGrain : IWork;

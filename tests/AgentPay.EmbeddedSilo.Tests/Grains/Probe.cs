using System.Collections.Concurrent;

namespace AgentPay.EmbeddedSilo.Tests.Grains;

/// <summary>What a test and its grains share: a record of what happened, and gates that hold a grain until the test opens them.</summary>
public sealed class Probe
{
    private readonly ConcurrentQueue<string> lines = new();
    private readonly ConcurrentDictionary<string, Gate> gates = new();
    private int inside;

    public IReadOnlyList<string> Lines => [.. lines];

    public bool ActivationsFail { get; set; }

    /// <summary>Whether two turns that must exclude each other ever ran at once.</summary>
    public bool Overlapped { get; private set; }

    public void Write(string line) => lines.Enqueue(line);

    /// <summary>Runs code that no other thread may be in.</summary>
    public void Alone(Action action)
    {
        Overlapped |= Interlocked.Increment(ref inside) != 1;
        action();
        // Long enough for another thread to walk in, if it may.
        Thread.SpinWait(500);
        Interlocked.Decrement(ref inside);
    }

    public Task PassAsync(string gate)
    {
        var (reached, open) = gates.GetOrAdd(gate, _ => new Gate());
        reached.TrySetResult();
        return open.Task;
    }

    public Task ReachedAsync(string gate) => gates.GetOrAdd(gate, _ => new Gate()).Reached.Task.WaitAsync(TestContext.Current.CancellationToken);

    public void Open(string gate) => gates.GetOrAdd(gate, _ => new Gate()).Opened.TrySetResult();

    private sealed record Gate(TaskCompletionSource Reached, TaskCompletionSource Opened)
    {
        public Gate()
            : this(new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously))
        {
        }
    }
}

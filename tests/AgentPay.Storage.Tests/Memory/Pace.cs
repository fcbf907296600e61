using System.Runtime.CompilerServices;

namespace AgentPay.Storage.Tests.Memory;

/// <summary>
/// Waits for turns of the thread pool instead of time: what waits for a thread now has had one by the next turn. How many turns is the seed's alone, so
/// where the pool has one thread the same seed is the same order of everything.
/// </summary>
/// <param name="seed">Draws how long each wait is.</param>
/// <param name="bits">A wait is 0, or up to 2^(bits-1) turns; 0: nothing ever waits.</param>
internal sealed class Pace(int seed, int bits)
{
    private readonly Random _random = new(seed);

    /// <summary>A wait of the length that is drawn.</summary>
    public async Task WaitAsync()
    {
        for (var left = Draw(); left > 0; left--)
        {
            await default(Turn);
        }
    }

    /// <summary>The same, for so many turns at least.</summary>
    public async Task WaitAsync(int turnsMin)
    {
        for (var left = turnsMin; left > 0; left--)
        {
            await default(Turn);
        }

        await WaitAsync();
    }

    // Half of all waits are none or one turn, and a few are long: what is usual and what is rare both come.
    private int Draw()
    {
        lock (_random)
        {
            return bits == 0 ? 0 : (1 << _random.Next(bits + 1)) >> 1;
        }
    }

    /// <summary>The end of the queue that all share. Task.Yield would go to the queue of the grain whose turn it is.</summary>
    private readonly struct Turn : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Turn GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
    }
}

using AgentPay.Chains.Evm;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Memory;

namespace AgentPay.Grains.Tests.Replays;

/// <summary>
/// A world without threads, time or chance of its own: what the store, the chain and the history's driver wait for is turns of the thread pool, and how many is
/// drawn from the seed. Where the pool has one thread, an engine in it does the same each time.
/// </summary>
internal sealed class Replay(int seed, ReplayTrace trace)
{
    // The store's waits are the longest, as in life: so much can happen while a commit is on its way.
    private const int StoreBits = 6;
    private const int ChainBits = 4;
    private const int DriverBits = 9;

    private readonly Pace driver = new(unchecked(seed * 3), DriverBits);
    private readonly Pace ofChain = new(unchecked((seed * 3) + 1), ChainBits);
    private readonly Pace ofStore = new(unchecked((seed * 3) + 2), StoreBits);

    public ReplayTrace Trace => trace;

    /// <summary>Lets the engine come as far as the seed says.</summary>
    public Task PauseAsync() => driver.WaitAsync(turnsMin: 1);

    /// <summary>So many of the next batches the store writes fail.</summary>
    public int FailingBatches { get; set; }

    public IAtomicStore OpenStore() => new MemoryAtomicStore(new MemoryRows(), ofStore, appliesInOrder: seed % 4 != 0)
    {
        Handed = trace.AddHanded,
        Ended = trace.AddEnded,
        FailsBatch = () => FailingBatches > 0 && FailingBatches-- > 0,
    };

    public IEvmChain Far(IEvmChain chain) => new DistantChain(chain, ofChain, trace);
}

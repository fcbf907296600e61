using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Memory;

/// <summary>Every promise of a store where nothing takes long.</summary>
public sealed class MemoryContractTests : AtomicStoreContract
{
    private readonly MemoryRows _rows = new();

    protected override Task<IAtomicStore> OpenAsync() => Task.FromResult<IAtomicStore>(new MemoryAtomicStore(_rows, new Pace(1, bits: 0)));

    protected override ValueTask RemoveAsync() => ValueTask.CompletedTask;
}

/// <summary>Every promise of a store where commits, answers and reads take a while each.</summary>
public sealed class SlowMemoryContractTests : AtomicStoreContract
{
    private readonly MemoryRows _rows = new();

    protected override Task<IAtomicStore> OpenAsync() => Task.FromResult<IAtomicStore>(new MemoryAtomicStore(_rows, new Pace(1, bits: 7)));

    protected override ValueTask RemoveAsync() => ValueTask.CompletedTask;
}

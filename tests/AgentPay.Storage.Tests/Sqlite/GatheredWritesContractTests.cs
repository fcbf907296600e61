using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>Every promise again where each batch writes a part of what is gathered to its places.</summary>
public sealed class GatheredWritesContractTests : AtomicStoreContract
{
    private readonly TemporaryStore _file = new();

    protected override async Task<IAtomicStore> OpenAsync() => await _file.OpenGatheringAsync(changes: 1);

    protected override ValueTask RemoveAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}

using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>Every promise again where all texts share one search number, so that only the texts themselves tell grains, answers and accounts apart.</summary>
public sealed class CollidingHashesTests : AtomicStoreContract
{
    private readonly TemporaryStore _file = new();

    protected override async Task<IAtomicStore> OpenAsync() => await _file.OpenAsync(hashBits: 0);

    protected override ValueTask RemoveAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}

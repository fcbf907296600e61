using AgentPay.Storage.Contract;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class SqliteContractTests : AtomicStoreContract
{
    private readonly TemporaryStore _file = new();

    protected override async Task<IAtomicStore> OpenAsync() => await _file.OpenAsync();

    protected override ValueTask RemoveAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}

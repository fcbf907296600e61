using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Tests.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(PrivatePostgres))]

namespace AgentPay.Storage.Tests.Postgres;

public sealed class PostgresContractTests(PrivatePostgres postgres) : AtomicStoreContract
{
    private string? _schema;

    protected override async Task<IAtomicStore> OpenAsync()
    {
        _schema ??= await postgres.AddSchemaAsync();
        return await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = _schema, ConnectionsMax = 6 }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
    }

    protected override async ValueTask RemoveAsync() => await postgres.DropSchemaAsync(_schema!);
}

using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Tests.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(PrivatePostgres))]

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>With few writes at a time all go to one writer.</summary>
public sealed class PostgresOneWriterContractTests(PrivatePostgres postgres) : PostgresContractTests(postgres)
{
    protected override int SpreadAbove => int.MaxValue;
}

/// <summary>Both writers are used, however few writes there are.</summary>
public class PostgresContractTests(PrivatePostgres postgres) : AtomicStoreContract
{
    protected virtual int SpreadAbove => 0;

    private string? _schema;

    protected override async Task<IAtomicStore> OpenAsync()
    {
        _schema ??= await postgres.AddSchemaAsync();
        return await PostgresAtomicStore.OpenAsync(
            new PostgresStoreOptions { ConnectionString = _schema, ConnectionsMax = 6, SpreadAbove = SpreadAbove }, TimeProvider.System, NullLogger<PostgresAtomicStore>.Instance);
    }

    protected override async ValueTask RemoveAsync() => await postgres.DropSchemaAsync(_schema!);
}

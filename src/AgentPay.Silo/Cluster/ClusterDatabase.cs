#if ORLEANS
using Npgsql;

namespace AgentPay.Silo.Cluster;

/// <summary>The connections Orleans keeps its members and reminders with. Closed with the container: Orleans does not own them.</summary>
internal sealed class ClusterDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    public NpgsqlDataSource Source => source;

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
#endif

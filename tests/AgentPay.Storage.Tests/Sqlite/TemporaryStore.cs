using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>A folder of its own for one test's database file.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentpay-store-");

    internal string Folder => _folder.FullName;

    internal string Path => System.IO.Path.Combine(_folder.FullName, "store.db");

    internal Task<SqliteAtomicStore> OpenAsync() => OpenAsync(Path);

    internal Task<SqliteAtomicStore> OpenAsync(long pagesMax) =>
        SqliteAtomicStore.OpenAsync(new SqliteStoreOptions { Path = Path, PagesMax = pagesMax }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);

    internal Task<SqliteAtomicStore> OpenAsync(int hashBits) =>
        SqliteAtomicStore.OpenAsync(new SqliteStoreOptions { Path = Path, HashBits = hashBits }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);

    internal Task<SqliteAtomicStore> OpenGatheringAsync(int changes, long? pagesMax = null) => SqliteAtomicStore.OpenAsync(
        new SqliteStoreOptions { Path = Path, GatheredChanges = changes, PagesMax = pagesMax }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);

    internal static Task<SqliteAtomicStore> OpenAsync(string path) =>
        SqliteAtomicStore.OpenAsync(new SqliteStoreOptions { Path = path }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);

    public void Dispose() => _folder.Delete(recursive: true);
}

using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite;

/// <summary>
/// Keeps a database file to one process: an exclusive lock on <c>path.lock</c>, which the kernel releases when the process ends, however it ends.
/// SQLite's own exclusive mode would keep out this process's reading connections too.
/// </summary>
internal sealed class StoreFileLock : IDisposable
{
    private readonly FileStream _file;

    private StoreFileLock(FileStream file)
    {
        _file = file;
    }

    internal static StoreFileLock Take(string path)
    {
        try
        {
            return new StoreFileLock(new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var reason = failure is IOException and not (DirectoryNotFoundException or FileNotFoundException) ? "another process has it open" : failure.Message;
            throw new StoreUnavailableException($"The store '{path}' cannot be opened: {reason}.", failure);
        }
    }

    public void Dispose() => _file.Dispose();
}

using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite;

/// <summary>
/// Keeps a database file to one process: an exclusive lock on <c>path.lock</c>, which the kernel releases when the process ends, however it ends.
/// SQLite's own exclusive mode would keep out this process's reading connections too.
/// </summary>
internal sealed class StoreFileLock : IDisposable
{
    /// <summary>EWOULDBLOCK of flock, which the runtime passes on as the error's number.</summary>
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;

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
        catch (IOException failure) when (failure.HResult is LockedOnLinux or LockedOnMac)
        {
            throw new StoreUnavailableException($"The store '{path}' cannot be opened: another process has it open.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The store '{path}' cannot be opened: {failure.Message}", failure);
        }
    }

    /// <summary>Keeps it until the process ends.</summary>
    internal void Keep()
    {
        var isKept = false;
        _file.SafeFileHandle.DangerousAddRef(ref isKept);
    }

    public void Dispose() => _file.Dispose();
}

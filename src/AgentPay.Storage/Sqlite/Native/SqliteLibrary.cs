using System.Reflection;
using System.Runtime.InteropServices;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite.Native;

/// <summary>Finds the system's SQLite and checks that it is new enough.</summary>
internal static class SqliteLibrary
{
    /// <summary>3.35.0 brought RETURNING; nothing older is tested.</summary>
    private const int VersionMin = 3_035_000;

    private static readonly string[] _names = ["libsqlite3.so.0", "libsqlite3", "sqlite3"];

    private static readonly Lazy<nint> _library = new(() => Find(_names));

    internal static void EnsureUsable()
    {
        _ = Ready.Value;
    }

    private static readonly Lazy<bool> Ready = new(() =>
    {
        _ = _library.Value;
        NativeLibrary.SetDllImportResolver(typeof(SqliteLibrary).Assembly, Resolve);
        CheckVersion(Sqlite3.VersionNumber());
        return true;
    });

    internal static void CheckVersion(int version)
    {
        if (version < VersionMin)
        {
            throw new StoreUnavailableException(
                $"SQLite {version / 1_000_000}.{version / 1_000 % 1_000}.{version % 1_000} is too old: the store needs 3.35.0 or newer (Debian package libsqlite3-0).");
        }
    }

    internal static nint Find(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, typeof(SqliteLibrary).Assembly, DllImportSearchPath.SafeDirectories, out var library))
            {
                return library;
            }
        }

        throw new StoreUnavailableException("The system's SQLite library (libsqlite3.so.0) was not found: install the Debian package libsqlite3-0.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Sqlite3.Library ? _library.Value : 0;
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>
/// A disk that loses power, under SQLite in this process: a VFS over the system's own (sqlite.org/vfs.html). Every write goes to its file, where all connections
/// see it as they see the page cache; a platter beside the file has only what a sync of that file covered. At the cut each 512-byte sector of what no sync covered
/// survives or not by chance, whatever was written before or after it, and the process ends on the spot. Files made and deleted are durable at once.
/// One sync may fail: of what it covered each sector reached the platter or not, and no later sync knows of the others, as where the kernel gave them up.
/// </summary>
internal static unsafe partial class LosingDisk
{
    /// <summary>The exit code of a process that ended by the cut.</summary>
    internal const int CutCode = 9;

    /// <summary>The exit code of a process that ended after a failed sync while the power stayed: what the kernel had, it still has.</summary>
    internal const int EndedCode = 10;

    private const int OperationsAfter = 1_000;
    private const int SyncFailed = 10 | (4 << 8);

    private const int Sector = 512;
    private const string PlatterSuffix = ".platter";

    /// <summary>A file of this time was not written since a process ended on it.</summary>
    private static readonly DateTime _ended = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly string[] _suffixes = ["", "-wal", "-journal"];
    private static readonly Lock _gate = new();
    private static readonly Dictionary<string, Platter> _platters = new(StringComparer.Ordinal);
    private static readonly Dictionary<nint, (Platter Platter, nint Below)> _open = [];

    // One for databases, which are locked, and one for logs, which are not.
    private static readonly Dictionary<nint, nint> _methods = [];
    private static Random _chance = new(0);
    private static int _left;
    private static int _syncs;
    private static bool _hasFailed;
    private static Vfs* _below;
    private static Vfs* _vfs;

    /// <summary>Puts every database that this process opens from now on on such a disk.</summary>
    /// <param name="operations">Writes, truncations and syncs until the cut; the last of them is cut short.</param>
    /// <param name="seed">What survives.</param>
    /// <param name="failedSync">
    /// The sync that fails with an I/O error, the first being 1, or -1 where only those of the database's own file count; 0: none. Whoever goes on after it has few
    /// operations left until the process ends, with the power or without.
    /// </param>
    internal static void Use(int operations, int seed, int failedSync = 0)
    {
        SqliteLibrary.EnsureUsable();
        var library = SqliteLibrary.Find(["libsqlite3.so.0", "libsqlite3", "sqlite3"]);
        (_left, _chance, _syncs) = (operations, new Random(seed), failedSync);
        _below = ((delegate* unmanaged<byte*, Vfs*>)NativeLibrary.GetExport(library, "sqlite3_vfs_find"))(null);
        _vfs = (Vfs*)NativeMemory.Alloc((nuint)sizeof(Vfs));
        *_vfs = *_below;
        _vfs->Name = Marshal.StringToCoTaskMemUTF8("losing-disk");
        _vfs->Open = &Open;
        _vfs->Delete = &Delete;
        Assert.Equal(0, ((delegate* unmanaged<Vfs*, int, int>)NativeLibrary.GetExport(library, "sqlite3_vfs_register"))(_vfs, 1));
    }

    /// <summary>The power is back: the files of this database are what their platters hold.</summary>
    internal static void Restore(string path)
    {
        File.Delete(path + "-shm");
        foreach (var file in _suffixes.Select(suffix => path + suffix).Where(file => File.Exists(file + PlatterSuffix)))
        {
            File.Move(file + PlatterSuffix, file, overwrite: true);
        }
    }

    /// <summary>Ends this process; by chance the power ends with it. What was not synced and never failed, the kernel writes in its own time.</summary>
    internal static void End()
    {
        lock (_gate)
        {
            if (_chance.Next(2) == 0)
            {
                Cut();
            }

            foreach (var (path, platter) in _platters)
            {
                platter.Settle(static () => true);
                File.SetLastWriteTimeUtc(path, _ended);
            }

            EndAtOnce(EndedCode);
        }
    }

    [UnmanagedCallersOnly]
    private static int Open(Vfs* vfs, byte* name, OpenFile* file, int flags, int* given)
    {
        lock (_gate)
        {
            var path = Marshal.PtrToStringUTF8((nint)name);
            var platter = path is null || !_suffixes.Any(suffix => path.EndsWith(".db" + suffix, StringComparison.Ordinal)) ? null : PlatterOf(path);
            var code = _below->Open(_below, name, file, flags, given);
            if (code == SqliteCode.Ok && platter is not null)
            {
                _open[(nint)file] = (platter, (nint)file->Methods);
                file->Methods = (FileMethods*)MethodsOver(file->Methods);
            }

            return code;
        }
    }

    [UnmanagedCallersOnly]
    private static int Delete(Vfs* vfs, byte* name, int syncFolder)
    {
        lock (_gate)
        {
            if (_platters.Remove(Marshal.PtrToStringUTF8((nint)name)!, out var platter))
            {
                platter.Dispose();
            }

            return _below->Delete(_below, name, syncFolder);
        }
    }

    [UnmanagedCallersOnly]
    private static int Close(OpenFile* file)
    {
        lock (_gate)
        {
            _ = _open.Remove((nint)file, out var removed);
            return ((FileMethods*)removed.Below)->Close(file);
        }
    }

    [UnmanagedCallersOnly]
    private static int Write(OpenFile* file, byte* bytes, int count, long offset)
    {
        lock (_gate)
        {
            var (platter, below) = _open[(nint)file];
            platter.Unsynced.Add((offset, new ReadOnlySpan<byte>(bytes, count).ToArray()));
            Count();
            return ((FileMethods*)below)->Write(file, bytes, count, offset);
        }
    }

    [UnmanagedCallersOnly]
    private static int Truncate(OpenFile* file, long length)
    {
        lock (_gate)
        {
            var (platter, below) = _open[(nint)file];
            platter.Unsynced.Add((length, null));
            Count();
            return ((FileMethods*)below)->Truncate(file, length);
        }
    }

    [UnmanagedCallersOnly]
    private static int Sync(OpenFile* file, int flags)
    {
        lock (_gate)
        {
            Count();
            var platter = _open[(nint)file].Platter;
            var isFailed = _syncs switch { > 0 => --_syncs == 0, < 0 when platter.IsDatabase => ++_syncs == 0, _ => false };
            if (isFailed)
            {
                (_hasFailed, _left) = (true, _chance.Next(1, OperationsAfter));
            }

            platter.Settle(isFailed ? Survival() : static () => true);
            return isFailed ? SyncFailed : SqliteCode.Ok;
        }
    }

    /// <summary>Nobody reads or writes any more once the cut has begun: the caller has the gate.</summary>
    private static void Count()
    {
        if (--_left > 0)
        {
            return;
        }

        if (_hasFailed)
        {
            End();
        }

        Cut();
    }

    private static void Cut()
    {
        var survival = Survival();
        foreach (var platter in _platters.Values)
        {
            platter.Settle(survival);
        }

        EndAtOnce(CutCode);
    }

    /// <summary>All of it lost, a part that is anything between, or all of it there.</summary>
    private static Func<bool> Survival()
    {
        var survives = _chance.Next(3) switch { 0 => 0, 1 => _chance.NextDouble(), _ => 1 - (0.02 * _chance.NextDouble()) };
        return () => _chance.NextDouble() < survives;
    }

    private static nint MethodsOver(FileMethods* below)
    {
        if (!_methods.TryGetValue((nint)below, out var methods))
        {
            methods = (nint)NativeMemory.Alloc((nuint)sizeof(FileMethods));

            // The third form maps files into memory, past the writes that are counted here.
            *(FileMethods*)methods = *below with { Version = 2, Close = &Close, Write = &Write, Truncate = &Truncate, Sync = &Sync };
            _methods.Add((nint)below, methods);
        }

        return methods;
    }

    private static Platter PlatterOf(string path)
    {
        if (!_platters.TryGetValue(path, out var platter))
        {
            platter = new Platter(path);
            _platters.Add(path, platter);
        }

        return platter;
    }

    /// <summary>Without any handler: as if there were no process any more.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void EndAtOnce(int code);

    /// <summary>What of a file is durable, and what was done to the file since.</summary>
    private sealed class Platter : IDisposable
    {
        private readonly string _path;
        private readonly FileStream _stream;

        internal Platter(string path)
        {
            _path = path + PlatterSuffix;

            // What was written before SQLite opened it is taken for synced.
            var isLeft = File.Exists(_path) && File.GetLastWriteTimeUtc(path) == _ended;
            _stream = new FileStream(_path, isLeft ? FileMode.Open : FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            if (!isLeft && File.Exists(path))
            {
                using var before = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                before.CopyTo(_stream);
            }
        }

        internal bool IsDatabase => _path.EndsWith(".db" + PlatterSuffix, StringComparison.Ordinal);

        /// <summary>In the order in which it was done; without bytes: cut to this length.</summary>
        internal List<(long Offset, byte[]? Bytes)> Unsynced { get; } = [];

        internal void Settle(Func<bool> survives)
        {
            foreach (var (offset, bytes) in Unsynced)
            {
                if (bytes is null)
                {
                    if (survives())
                    {
                        _stream.SetLength(offset);
                    }

                    continue;
                }

                for (var place = 0; place < bytes.Length;)
                {
                    var end = (int)Math.Min(bytes.Length, ((offset + place) / Sector * Sector) + Sector - offset);
                    if (survives())
                    {
                        _stream.Position = offset + place;
                        _stream.Write(bytes, place, end - place);
                    }

                    place = end;
                }
            }

            Unsynced.Clear();
        }

        /// <summary>Its file is deleted.</summary>
        public void Dispose()
        {
            _stream.Dispose();
            File.Delete(_path);
        }
    }

    /// <summary>sqlite3_vfs.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vfs
    {
        public int Version;
        public int FileBytes;
        public int PathMax;
        public nint Next;
        public nint Name;
        public nint Data;
        public delegate* unmanaged<Vfs*, byte*, OpenFile*, int, int*, int> Open;
        public delegate* unmanaged<Vfs*, byte*, int, int> Delete;
        public VfsRest Rest;
    }

    /// <summary>xAccess to xNextSystemCall.</summary>
    [InlineArray(14)]
    private struct VfsRest
    {
        private nint _first;
    }

    /// <summary>sqlite3_file, whose other members are the system's VFS's own.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenFile
    {
        public FileMethods* Methods;
    }

    /// <summary>sqlite3_io_methods.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileMethods
    {
        public int Version;
        public delegate* unmanaged<OpenFile*, int> Close;
        public nint Read;
        public delegate* unmanaged<OpenFile*, byte*, int, long, int> Write;
        public delegate* unmanaged<OpenFile*, long, int> Truncate;
        public delegate* unmanaged<OpenFile*, int, int> Sync;
        public FileMethodsRest Rest;
    }

    /// <summary>xFileSize to xShmUnmap.</summary>
    [InlineArray(11)]
    private struct FileMethodsRest
    {
        private nint _first;
    }
}

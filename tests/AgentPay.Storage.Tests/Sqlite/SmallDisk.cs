using System.Diagnostics;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>
/// A <see cref="WriterProcess"/> whose store lies on a small file system of its own, mounted for it alone and half filled with ballast, so that
/// the kernel itself runs out of space. When the writer is killed, its files are copied out, as the crash left them.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    /// <summary>Lines on standard input: the first takes the ballast away, the second kills the writer.</summary>
    private const string Script = """
        set -e
        mkdir "$1/disk"
        if [ "$2" = ext4 ]; then truncate -s 16M "$1/image"; mkfs.ext4 -q "$1/image"; mount -o loop "$1/image" "$1/disk"
        else mount -t tmpfs -o size=12m tmpfs "$1/disk"; fi
        head -c 9000000 /dev/zero >"$1/disk/ballast"
        out=$1; shift 2
        "$@" &
        writer=$!
        read -r line && rm "$out/disk/ballast"
        read -r line && kill -9 $writer
        wait $writer || true
        cp "$out"/disk/store.db* "$out/"
        umount "$out/disk"
        """;

    private readonly Process _process;

    private SmallDisk(Process process)
    {
        _process = process;
    }

    /// <summary>
    /// The file systems to fill. tmpfs needs root or a kernel that gives every user namespaces of their own: where it has neither, the test fails and
    /// says so. ext4 needs real root and a loop device; where they are missing it is not in the list.
    /// </summary>
    public static TheoryData<string> Types => Environment.IsPrivilegedProcess && File.Exists("/dev/loop-control") ? ["tmpfs", "ext4"] : ["tmpfs"];

    internal static SmallDisk Start(string folder, string type) =>
        new(Process.Start(Unshared(type, folder, WriterProcess.Command(Path.Combine(folder, "disk", "store.db"), round: 0)))!);

    /// <summary>The next line of the writer's output; null at the end.</summary>
    internal ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => _process.StandardOutput.ReadLineAsync(cancellationToken);

    internal Task<string> ReadErrorAsync(CancellationToken cancellationToken) => _process.StandardError.ReadToEndAsync(cancellationToken);

    internal Task MakeRoomAsync() => _process.StandardInput.WriteLineAsync("room");

    /// <summary>SIGKILL to the writer, then its files come out.</summary>
    internal Task KillWriterAsync() => _process.StandardInput.WriteLineAsync("kill");

    internal async Task<int> ExitCodeAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static ProcessStartInfo Unshared(string type, string folder, IReadOnlyList<string> command)
    {
        string[] namespaces = Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];
        return new ProcessStartInfo("unshare", [.. namespaces, "sh", "-c", Script, "sh", folder, type, .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentPay.SystemTests.World;

/// <summary>
/// A file system of a test's own, mounted for one idle process and for whoever enters its mount namespace: it can be filled, and its power can be cut.
/// It ends with the tests, however they end. It needs root, and for a cut a loop device: where the machine does not give them, it fails and says so.
/// </summary>
internal sealed partial class OwnDisk : IAsyncDisposable
{
    /// <summary>Holds the mount while our end of its input is open: when the tests are killed, the kernel closes that.</summary>
    private const string Holder = """
        folder=$1; shift; chmod 755 "$folder"; mkdir "$folder/disk"
        { [ ! -e "$folder/image" ] || mkfs.ext4 -q "$folder/image"; } && "$@" "$folder/disk" && mkdir "$folder/disk/server" && chown postgres "$folder/disk/server" &&
        echo mounted && cat >/dev/null
        umount -l "$folder/disk"; rm -rf "$folder"
        """;

    /// <summary>Processes that were killed a moment ago may still have files open.</summary>
    private const string Remount = "n=0; until umount \"$1/disk\"; do n=$((n+1)); [ $n -lt 500 ] || exit 1; sleep 0.01; done; mount -o loop \"$1/image\" \"$1/disk\"";

    /// <summary>FS_IOC_SHUTDOWN of linux/fs.h, and its way without a last flush of the log.</summary>
    private const nuint Shutdown = 0x8004587d;

    private const uint WithoutFlush = 2;

    private readonly string _folder;
    private readonly Process _holder;

    private OwnDisk(string folder, Process holder) => (_folder, _holder) = (folder, holder);

    /// <summary>Who sees it.</summary>
    public int Mounts => _holder.Id;

    /// <summary>A folder on it, for who sees it, that belongs to the user of the database's server.</summary>
    public string Server => Path.Combine(_folder, "disk", "server");

    private string Root => string.Create(CultureInfo.InvariantCulture, $"/proc/{_holder.Id}/root{_folder}/disk");

    /// <summary>One that can be filled: it has so many bytes.</summary>
    public static Task<OwnDisk> SmallAsync(int mebibytes) =>
        StartAsync(_ => ["mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m"), "tmpfs"]);

    /// <summary>One whose power can be cut.</summary>
    public static Task<OwnDisk> LosingAsync() => StartAsync(static folder =>
    {
        var image = Path.Combine(folder, "image");
        using var stream = new FileStream(image, FileMode.CreateNew);
        stream.SetLength(1L << 30);
        return ["mount", "-o", "loop", image];
    });

    /// <summary>Takes all space that there is.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(Path.Combine(Root, "ballast"), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            for (var zeros = new byte[4_096]; ;)
            {
                ballast.Write(zeros);
            }
        }
        catch (IOException)
        {
            // There is none left.
        }
    }

    public void MakeRoom() => File.Delete(Path.Combine(Root, "ballast"));

    /// <summary>
    /// The file system stops at once: what was written and not synced stays in memory alone, syncs fail, and so does whoever waits for one. Before it, where asked
    /// for, the kernel has begun to write all back by itself, as it does now and then, and has come as far as it has.
    /// </summary>
    public async Task CutPowerAsync(TimeSpan? writingBack)
    {
        using var file = File.OpenHandle(Path.Combine(Root, "power"), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var begun = writingBack is null ? Task.CompletedTask : Task.Run(() => WriteAllBack(file));
        await Task.Delay(writingBack ?? TimeSpan.Zero, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(Control(file, Shutdown, WithoutFlush) == 0, $"The power cannot be cut: {Marshal.GetLastPInvokeErrorMessage()}");
        await begun;
    }

    /// <summary>The power is back, nobody has a file open: what the disk holds is what there is.</summary>
    public async Task RestoreAsync()
    {
        using var enter = Process.Start(new ProcessStartInfo(
            "nsenter", [string.Create(CultureInfo.InvariantCulture, $"--mount=/proc/{Mounts}/ns/mnt"), "sh", "-c", Remount, "sh", _folder])
        { RedirectStandardError = true })!;
        var errors = await enter.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await enter.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(enter.ExitCode == 0, errors);
    }

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
    }

    private static async Task<OwnDisk> StartAsync(Func<string, string[]> mount)
    {
        var folder = Directory.CreateTempSubdirectory("agentpay-disk-").FullName;
        var start = new ProcessStartInfo("unshare", ["--mount", "sh", "-c", Holder, "sh", folder, .. mount(folder)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var disk = new OwnDisk(folder, Process.Start(start)!);
        if (await disk._holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is null)
        {
            Assert.Fail($"This machine gives tests no file system of their own; that needs root, and a loop device for one whose power is cut: {await disk._holder.StandardError.ReadToEndAsync()}");
        }

        return disk;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, in uint way);

    [LibraryImport("libc", EntryPoint = "syncfs")]
    private static partial int WriteAllBack(SafeFileHandle file);
}

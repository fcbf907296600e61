using System.Diagnostics;
using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Tests.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>
/// A process of its own that opens a store and commits without end, sixteen writers at once, naming on its standard output each key
/// that was acknowledged. It is this test assembly, started with another first argument.
/// </summary>
internal sealed class WriterProcess : IDisposable
{
    internal const string Argument = "write-without-end";

    /// <summary>Begins the line of a write that was refused.</summary>
    internal const string Refused = "!";

    internal const int Writers = 16;

    private readonly Process _process;

    private WriterProcess(Process process)
    {
        _process = process;
    }

    internal static WriterProcess Start(string path, int round) => Start(Command(path, round));

    /// <summary>The same on a <see cref="LosingDisk"/>, with few pages to a checkpoint so that cuts come into many of them.</summary>
    internal static WriterProcess StartOnLosingDisk(string path, int round, int operations, int seed, int failedSync = 0) => Start(
        [.. Command(path, round), .. new[] { operations, seed, failedSync }.Select(number => number.ToString(CultureInfo.InvariantCulture))]);

    private static WriterProcess Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return new WriterProcess(Process.Start(start)!);
    }

    internal static string[] Command(string path, int round)
    {
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(WriterProcess).Assembly.Location]
            : [Environment.ProcessPath!];
        return [.. program, Argument, path, round.ToString(CultureInfo.InvariantCulture)];
    }

    /// <summary>
    /// The same under the kernel's limit on the size of a file, so that the log cannot grow: writes fail inside COMMIT, as on a full disk.
    /// </summary>
    internal static WriterProcess StartLimited(string path, long fileBytesMax)
    {
        var start = new ProcessStartInfo("prlimit") { RedirectStandardOutput = true, RedirectStandardError = true };

        // Without the trap the signal ends the process; with write-xor-execute the runtime itself needs large files.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        foreach (var argument in (string[])[$"--fsize={fileBytesMax}:unlimited", "sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh", .. Command(path, round: 0)])
        {
            start.ArgumentList.Add(argument);
        }

        return new WriterProcess(Process.Start(start)!);
    }

    /// <summary>Takes the limit away while it runs.</summary>
    internal async Task MakeRoomAsync(CancellationToken cancellationToken)
    {
        using var raise = Process.Start("prlimit", [$"--pid={_process.Id}", "--fsize=unlimited:unlimited"]);
        await raise.WaitForExitAsync(cancellationToken);
        Assert.Equal(0, raise.ExitCode);
    }

    /// <summary>The next line of its output; null at the end.</summary>
    internal ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => _process.StandardOutput.ReadLineAsync(cancellationToken);

    internal Task<string> ReadErrorAsync(CancellationToken cancellationToken) => _process.StandardError.ReadToEndAsync(cancellationToken);

    /// <summary>SIGKILL.</summary>
    internal void Kill() => _process.Kill();

    internal async Task<int> ExitCodeAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>What the child does.</summary>
    internal static Task<int> RunAsync(string path, string round) => RunAsync(new SqliteStoreOptions { Path = path }, round);

    /// <summary>What the child on a <see cref="LosingDisk"/> does.</summary>
    internal static async Task<int> RunAsync(string path, string round, string operations, string seed, string failedSync)
    {
        LosingDisk.Use(int.Parse(operations, CultureInfo.InvariantCulture), int.Parse(seed, CultureInfo.InvariantCulture), int.Parse(failedSync, CultureInfo.InvariantCulture));
        var code = await RunAsync(new SqliteStoreOptions { Path = path, CheckpointPages = 64, GatheredChanges = 64 }, round, refusalsMax: 4);
        LosingDisk.End();
        return code;
    }

    /// <param name="options">Where.</param>
    /// <param name="round">In the names of its keys.</param>
    /// <param name="refusalsMax">So many in a row, and a writer gives up.</param>
    private static async Task<int> RunAsync(SqliteStoreOptions options, string round, int refusalsMax = int.MaxValue)
    {
        try
        {
            await using var store = await SqliteAtomicStore.OpenAsync(options, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteWithoutEndAsync(store, $"r{round}-w{writer}", refusalsMax)));
            return 0;
        }
        catch (StoreUnavailableException refusal)
        {
            await Console.Error.WriteLineAsync(refusal.Message);
            return 3;
        }
    }

    /// <summary>The whole of one commit, so that half of one can be told from all of it.</summary>
    internal static Commit Whole(string key, int version) => Some.Commit(key, version, $"{version + 1}") with
    {
        Account = "acct_1",
        Transfers = [Some.Transfer(key, "merchant", 1)],
        Events = [Some.Event(key)],
        Messages = [Some.Message("receiver")],
        Due = [new DueChange("expire", Some.Now.AddSeconds(version))],
        Answer = Some.Answer($"{key}-{version}"),
    };

    private static async Task WriteWithoutEndAsync(SqliteAtomicStore store, string key, int refusalsMax)
    {
        for (var (version, refusals) = (0, 0); refusals < refusalsMax;)
        {
            try
            {
                version = (int)(await store.CommitAsync(Whole(key, version))).Version;
                Console.WriteLine($"{key} {version}");
                refusals = 0;
            }
            catch (StoreUnavailableException refusal)
            {
                Console.WriteLine($"{Refused} {refusal.Message}");
                refusals++;
                version = (int)((await store.ReadAsync(Some.Grain(key), CancellationToken.None))?.Version ?? 0);
            }
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AgentPay.SystemTests.World;

/// <summary>A program in a process of its own. Its output is read all the time: a full pipe would stop it.</summary>
internal sealed partial class Program : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _ended;

    private Program(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _ended = _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Everything it said, both streams.</summary>
    public string Output => string.Join('\n', _lines);

    public bool HasEnded => _process.HasExited;

    public int Id => _process.Id;

    /// <summary>Starts a program; <paramref name="environment"/> is added to this process's own.</summary>
    public static Program Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new Program(Process.Start(start)!);
    }

    /// <summary>Starts a program and waits for its end; its exit code.</summary>
    public async Task<int> EndAsync(int seconds = 60)
    {
        await _ended.WaitAsync(TimeSpan.FromSeconds(seconds), TimeProvider.System, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>The first line that holds the words; fails when the program ends before.</summary>
    public Task<string> LineAsync(string words, int seconds = 60) => Wait.ForAsync(
        () =>
        {
            var line = _lines.FirstOrDefault(line => line.Contains(words, StringComparison.Ordinal));
            Assert.True(line is not null || !HasEnded || _lines.Any(said => said.Contains(words, StringComparison.Ordinal)), $"Ended before '{words}': {Output}");
            return Task.FromResult(line);
        },
        seconds,
        $"{words} in the output of {_process.StartInfo.FileName}: {Output}");

    /// <summary>kill -9, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _ended;
    }

    /// <summary>Asks it to stop, as an operator does.</summary>
    public void Terminate() => Assert.Equal(0, Signal(_process.Id, SigTerm));

    /// <summary>Takes it off the processor, with all its connections open: to others it is silent, and it does not know that time passes.</summary>
    public void Freeze() => Assert.Equal(0, Signal(_process.Id, SigStop));

    public void Thaw() => Assert.Equal(0, Signal(_process.Id, SigCont));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}

using System.Diagnostics;

namespace AgentPay.Benchmarks.World;

/// <summary>A process of the measured world. Its output is read all the time, and it never outlives this one.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);
    private readonly Process process;
    private readonly List<string> lines = [];

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <summary>Starts it and waits for the line that <paramref name="ready"/> finds what it looks for in.</summary>
    public static async Task<(ChildProcess Process, string Found)> StartAsync(
        string file, IEnumerable<string> arguments, Func<string, string?> ready, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        var child = new ChildProcess(process);
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Read(object sender, DataReceivedEventArgs data)
        {
            if (data.Data is { } line)
            {
                child.Keep(line);
                if (ready(line) is { } what)
                {
                    found.TrySetResult(what);
                }
            }
        }

        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => found.TrySetException(new InvalidOperationException($"{file} ended:\n{child.Output}"));
        process.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => child.Kill();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return (child, await found.Task.WaitAsync(StartMax));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>The last lines it wrote.</summary>
    public string Output
    {
        get
        {
            lock (lines)
            {
                return string.Join('\n', lines);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Keep(string line)
    {
        lock (lines)
        {
            lines.Add(line);
            if (lines.Count > 60)
            {
                lines.RemoveAt(0);
            }
        }
    }

    private void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // Gone already, or disposed.
        }
    }
}

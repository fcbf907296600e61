using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AgentPay.Repository.Tests.Tree;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace AgentPay.Repository.Tests.Engine;

/// <summary>The engine as a process of its own on local chains, for the tests that read it as a user does.</summary>
public sealed class RunningEngine : IAsyncLifetime
{
    private readonly StringBuilder log = new();
    private Process? process;

    /// <summary>The engine's data folder.</summary>
    public string Data { get; } = Directory.CreateTempSubdirectory("agentpay-docs.").FullName;

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1");

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(Path.Combine(Data, "engine.pid"), $"{Environment.ProcessId}", cancellationToken);
        using (var chains = Process.Start(new ProcessStartInfo("node", ["tests/devnet/chains.mjs", "start", "--data", Data]) { WorkingDirectory = WorkTree.Root })!)
        {
            await chains.WaitForExitAsync(cancellationToken);
            Assert.True(chains.ExitCode == 0, "The local chains start; ./agentpay test installs what they need.");
        }

        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "agentpay.dll"), "up", "--port", "0", "--data", Data, "--devnet"])
            {
                WorkingDirectory = Data,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            EnableRaisingEvents = true,
        };
        process.OutputDataReceived += (_, line) => Hear(line.Data, listens);
        process.ErrorDataReceived += (_, line) => Hear(line.Data, listens);
        process.Exited += (_, _) => listens.TrySetException(new InvalidOperationException($"The engine ended:\n{log}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await listens.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Data, "engine.pid"), $"{process.Id}", cancellationToken);
        using var devnet = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "devnet.json"), cancellationToken));
        Url = new Uri(new Uri(devnet.RootElement.GetProperty("demo").GetString()!).GetLeftPart(UriPartial.Authority));
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            // A clean stop takes away engine.pid, and that ends the chains.
            using var stop = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        File.Delete(Path.Combine(Data, "engine.pid"));
    }

    private void Hear(string? line, TaskCompletionSource listens)
    {
        lock (log)
        {
            log.AppendLine(line);
        }

        // The line after devnet.json was written.
        if (line?.Contains("Hosting environment", StringComparison.Ordinal) == true)
        {
            listens.TrySetResult();
        }
    }
}

[CollectionDefinition("engine")]
public sealed class RunningEngineCollection : ICollectionFixture<RunningEngine>;

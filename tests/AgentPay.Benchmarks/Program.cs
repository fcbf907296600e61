using AgentPay.Benchmarks.Connections;
using AgentPay.Benchmarks.Crypto;
using AgentPay.Benchmarks.Facilitator;
using AgentPay.Benchmarks.Gas;
using AgentPay.Benchmarks.Grains;
using AgentPay.Benchmarks.Idle;
using AgentPay.Benchmarks.Store;
using AgentPay.Benchmarks.Transfers;

// ./agentpay bench NAME [--option value …]: prints a page and keeps it under tests/AgentPay.Benchmarks/results.
var benchmarks = new Dictionary<string, Func<string[], Task>>
{
    ["facilitator"] = FacilitatorBenchmark.RunAsync,
    ["gas"] = GasBenchmark.RunAsync,
    ["grain-call"] = GrainCallBenchmark.RunAsync,
    ["store"] = words => words.Contains("--postgres") ? PostgresBenchmark.RunAsync(words) : StoreBenchmark.RunAsync(words),
    ["crypto"] = CryptoBenchmark.RunAsync,
    ["idle"] = IdleBenchmark.RunAsync,
    ["transfers"] = TransfersBenchmark.RunAsync,
    ["overhead"] = OverheadBenchmark.RunAsync,
    ["connections"] = ConnectionsBenchmark.RunAsync,
};
if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var run))
{
    await Console.Error.WriteLineAsync($"Usage: ./agentpay bench {string.Join('|', benchmarks.Keys)}");
    return 2;
}

await run(args[1..]);
return 0;

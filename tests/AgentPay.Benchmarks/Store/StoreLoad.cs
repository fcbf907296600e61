using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Benchmarks.Store;

/// <summary>Commits a second, and how long one takes.</summary>
internal sealed record StoreRate(double PerSecond, double P50, double P99, int Commits);

/// <summary>Callers that each wait for their commit to be durable before they decide the next.</summary>
internal static class StoreLoad
{
    private static readonly string _fill = new('x', 120);

    private const string Usdc = "eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913";

    public static async Task<StoreRate> RunAsync(int callers, TimeSpan duration, Func<int, int, Task> commit)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var mine = new List<double>();
            for (var n = 0; Stopwatch.GetElapsedTime(startedAt) < duration; n++)
            {
                var at = Stopwatch.GetTimestamp();
                await commit(caller, n);
                mine.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            }

            return mine;
        })));
        var elapsed = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        var all = latencies.SelectMany(mine => mine).Order().ToArray();
        return new StoreRate(all.Length / elapsed, all[all.Length / 2], all[(int)(0.99 * (all.Length - 1))], all.Length);
    }

    /// <summary>A decision as a wallet makes it: its state, one transfer, one event.</summary>
    public static Commit Wallet(int grain, long version, DateTimeOffset now) => Wallet(grain, version, now, Body($"wal_{grain:x8}", version));

    /// <summary>The same with about 170 bytes of state, and of event.</summary>
    public static Commit SmallWallet(int grain, long version, DateTimeOffset now) =>
        Wallet(grain, version, now, Encoding.UTF8.GetBytes($$"""{"id":"wal_{{grain:x8}}","version":{{version}},"fill":"{{_fill}}"}"""));

    private static Commit Wallet(int grain, long version, DateTimeOffset now, byte[] body)
    {
        var key = $"wal_{grain:x8}";
        return new Commit
        {
            Grain = new GrainRef("wallet", key),
            ExpectedVersion = version,
            State = body,
            Status = "open",
            DecidedAt = now,
            Transfers = [new Transfer($"wallet:{key}", "merchant:acct_1", Usdc, 1_000, "charge")],
            Events = [new EventDraft("wallet.charged", key, body)],
            Account = $"acct_{grain % 100}",
        };
    }

    /// <summary>A decision as a settlement makes it first: a new random key, a message, a deadline, one event.</summary>
    public static Commit Settlement(string nonce, DateTimeOffset now)
    {
        var key = $"stl:eip155:8453:eip3009:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913:0x71c7656ec7ab88b098defb751b7401b5f6d8976f:0x{nonce}";
        return new Commit
        {
            Grain = new GrainRef("settlement", key),
            ExpectedVersion = 0,
            State = Body(key, 1),
            Status = "reserved",
            DecidedAt = now,
            Events = [new EventDraft("settlement.reserved", key, Body(key, 1))],
            Messages = [new OutgoingMessage(new GrainRef("signer", "eip155:8453:0x0"), Body(key, 1))],
            Due = [new DueChange("doubt", now.AddHours(1))],
        };
    }

    /// <summary>All that one commit of a new settlement can hold: a transfer of a new payer, an idempotency answer and a row beside the state too.</summary>
    public static Commit WholeSettlement(string nonce, DateTimeOffset now)
    {
        var commit = Settlement(nonce, now);
        return commit with
        {
            Transfers = [new Transfer($"chain:eip155:8453:0x{nonce[..40]}", "chain:eip155:8453:0x8ba1f109551bd432803012645ac136ddd64dba72", Usdc, 10_000, "settlement")],
            Answer = new Answer("acct_1:live:settle", nonce, SHA256.HashData(Encoding.UTF8.GetBytes(nonce)), 200, Body(commit.Grain.Key, 1), now.AddHours(24)),
            Records = [new RecordChange("attempt:1", Body(nonce, 1))],
        };
    }

    /// <summary>About as large as a settlement's state.</summary>
    private static byte[] Body(string key, long version) =>
        Encoding.UTF8.GetBytes($$"""{"id":"{{key}}","version":{{version}},"fill":"{{new string('x', 500)}}"}""");
}

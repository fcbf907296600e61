using System.Diagnostics;
using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;
using AgentPay.Chains.Evm;

namespace AgentPay.Benchmarks.Crypto;

/// <summary>What the cryptography of one payment costs on one core. Goal: recovering a signer is nearly all of it.</summary>
internal static class CryptoBenchmark
{
    private const int Operations = 20_000;

    public static async Task RunAsync(string[] arguments)
    {
        var rounds = new Options(arguments).Number("rounds", 5);
        var report = new Report("crypto", "Cryptography of one payment", arguments);
        var signer = Keys.Of("payer");
        var nonce = Bytes32.Keccak("nonce"u8);
        var transfer = new Eip3009Transfer(signer.Address, "USDC", "2", signer.Address, signer.Address, 1000UL, UInt256.Zero, 2_000_000_000UL, nonce, default);
        var digest = Eip3009.Digest(transfer, 8453);
        var signature = signer.SignDigest(digest);
        var data = new byte[136];
        (string Name, Func<bool> Run)[] cases =
        [
            ("ecrecover (libsecp256k1)", () => signature.TryRecover(digest, out var found) && found == signer.Address),
            ("sign a digest", () => signer.SignDigest(digest).V >= 27),
            ("EIP-3009 digest, domain known", () => Eip3009.Digest(transfer, 8453) == digest),
            ("Keccak-256 of 135 bytes (one permutation)", () => Bytes32.Keccak(data.AsSpan(0, 135)) != digest),
            ("Keccak-256 of 136 bytes (two)", () => Bytes32.Keccak(data) != digest),
        ];
        var costs = cases.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < cases.Length; i++)
            {
                var cost = Measure(cases[i].Run);
                if (round > 0)
                {
                    costs[i].Add(cost);
                }
            }
        }

        var recover = Report.Median(costs[0]);
        report.Table(
            ["operation", "of one ecrecover", "µs", "a second and core"],
            cases.Select((known, i) => (IReadOnlyList<string>)[known.Name, $"**{Report.Number(Report.Median(costs[i]) / recover)}**", Report.Number(Report.Median(costs[i])), Report.Number(1e6 / Report.Median(costs[i]))]));
        report.Line($"{rounds} rounds in turn of {Operations} each after one that is not counted, median, one thread.");
        await report.SaveAsync();
    }

    private static double Measure(Func<bool> run)
    {
        var startedAt = Stopwatch.GetTimestamp();
        for (var i = 0; i < Operations; i++)
        {
            if (!run())
            {
                throw new InvalidOperationException("A wrong result.");
            }
        }

        return Stopwatch.GetElapsedTime(startedAt).TotalMicroseconds / Operations;
    }
}

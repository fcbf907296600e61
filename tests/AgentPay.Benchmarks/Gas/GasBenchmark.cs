using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;
using AgentPay.Chains.Evm;

namespace AgentPay.Benchmarks.Gas;

/// <summary>
/// What a payment costs in gas alone and in company, on the same chain in the same run: once with a payer of its own for every payment, and once with the 20
/// payers of the settle benchmark, whose second payment in one transaction finds their storage warm.
/// Goal: at most 68 % of the direct call in company of 50, and 60 % in company of 200.
/// </summary>
internal static class GasBenchmark
{
    private const ulong Atoms = 1_000;
    private const int FewPayers = 20;
    private static readonly int[] Companies = [2, 10, 50, 200];

    public static async Task RunAsync(string[] arguments)
    {
        var report = new Report("gas", "Gas of a payment, alone and in company", arguments);
        await using var chain = await LocalChain.StartAsync(blockSeconds: 0);
        using var key = Keys.Of("gas");
        var merchant = Keys.Of("merchant").Address;
        await chain.FundAsync(key.Address);
        await chain.MintAsync(merchant, 1);
        var load = new Load(chain, key, merchant);
        var direct = (double)await load.SpendAsync(company: 1, payers: 1);
        var rows = new List<IReadOnlyList<string>> { new[] { "direct call", Report.Number(direct), "100", Report.Number(direct), "100", "", "", "" } };
        foreach (var company in Companies)
        {
            var each = await load.SpendAsync(company, company) / (double)company;
            var token = load.InnerGas / (double)company;
            var few = await load.SpendAsync(company, Math.Min(company, FewPayers)) / (double)company;
            rows.Add([
                $"in company of {company}", Report.Number(each), $"**{100 * each / direct:0.0}**", Report.Number(few), $"**{100 * few / direct:0.0}**",
                Report.Number(token), $"{100 * token / direct:0.0}", Report.Number(each - token)]);
        }

        report.Table(
            ["transaction", "gas a payment, each its own payer", "% of the direct call", "20 payers", "% of the direct call", "own payers: in the token", "% of the direct call", "all else"], rows);
        report.Line("""
            How to read it:

            - Gas as the receipts say it, on the test token (no proxy before it, compiled from tests/devnet/contracts) and the published Multicall3.
              The calls are the ones the engine writes: `transferWithAuthorization` with v, r, s, alone or in `aggregate3` with `allowFailure`.
            - Every payer is new to the chain's transactions and has a balance; the payee has one too. Every authorization was seen used by its two logs.
            - What company saves is the 21,000 of a transaction, the payee's and the token's cold storage, and with few payers theirs. What it cannot save
              with a payer of its own for each payment: the new storage slot of the nonce (22,100), the payer's cold balance (5,000), ecrecover (3,000), two
              logs (3,256) and the calldata (about 4,000): 37,000 of 80,000 before the token has run one instruction of its own.
            - `in the token` is what the token's own calls used, by the node's trace: no way of sharing a transaction saves any of it. `all else` is what a shared call adds
              to it for each payment: its calldata (3,000 for the authorization itself, 1,100 for the list it stands in), Multicall3's loop, and its share of the 21,000.
              In company of 200 the token and the authorization's own bytes are 58 % of the direct call: the least for any contract that is handed authorizations. Multicall3
              adds 4 %, so with a payer of its own for each payment 60 % is out of its reach on this token; with payers that come again it is not.
            """);
        await report.SaveAsync();
    }

    private sealed class Load(LocalChain chain, EvmSigner key, Address merchant)
    {
        private ulong nonce;
        private int payerCount;

        /// <summary>Of the newest shared transaction, what the token's own calls used.</summary>
        public ulong InnerGas { get; private set; }

        public async Task<ulong> SpendAsync(int company, int payers)
        {
            var calls = new List<(Address Target, ReadOnlyMemory<byte> Data)>();
            for (var i = 0; i < company; i++)
            {
                using var payer = Keys.Of("gas payer", payerCount + (i % payers));
                if (i < payers)
                {
                    await chain.MintAsync(payer.Address, 1_000 * Atoms);
                }

                calls.Add((chain.Token, Sign(payer, i)));
            }

            payerCount += payers;
            var (to, data) = company == 1 ? calls[0] : (Multicall3.Address, Multicall3.Calldata(calls));
            var fees = new FeeQuote(IsLegacy: false, 20_000_000_000UL, 1_000_000_000UL);
            var signed = key.Sign(new TransactionRequest(LocalChain.ChainId, nonce++, 100_000_000, fees, to, UInt256.Zero, data));
            var (gasUsed, logs) = await chain.MineAsync(signed.Raw);
            InnerGas = company > 1 ? await chain.TraceInnerGasAsync(signed.Hash) : 0;
            return logs == 2 * company ? gasUsed : throw new InvalidOperationException($"Of {company} payments {logs / 2} were made.");
        }

        private byte[] Sign(EvmSigner payer, int number)
        {
            var end = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3_600;
            var transfer = new Eip3009Transfer(
                chain.Token, LocalChain.TokenName, LocalChain.TokenVersion, payer.Address, merchant, Atoms, UInt256.Zero, end,
                Eip712.HashText($"{payer.Address} {number}"), default);
            return Eip3009.Calldata(transfer with { Signature = payer.SignDigest(Eip3009.Digest(transfer, LocalChain.ChainId)).ToArray() });
        }
    }
}

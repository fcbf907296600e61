using System.Security.Cryptography;
using AgentPay.Benchmarks.Load;
using AgentPay.Chains.Evm;

namespace AgentPay.Benchmarks.World;

/// <summary>Payments signed before the load begins, as whole requests.</summary>
internal sealed class Payments
{
    private const ulong Atoms = 1000;
    private const int LifetimeSeconds = 3600;

    private readonly LocalChain chain;
    private readonly EvmSigner[] payers;
    private readonly Address payTo;

    private Payments(LocalChain chain, EvmSigner[] payers, Address payTo)
    {
        this.chain = chain;
        this.payers = payers;
        this.payTo = payTo;
    }

    public static async Task<Payments> PrepareAsync(LocalChain chain, int payers)
    {
        var keys = Enumerable.Range(0, payers).Select(number => Keys.Of("payer", number)).ToArray();
        foreach (var key in keys)
        {
            await chain.MintAsync(key.Address, 1_000_000_000_000);
        }

        return new Payments(chain, keys, Keys.Of("merchant").Address);
    }

    /// <summary>Signs so many different payments for one endpoint.</summary>
    public PaymentRequests Sign(int count, string path)
    {
        var requests = new byte[count][];
        var authorizations = new (Address, Bytes32)[count];
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Parallel.For(0, count, i =>
        {
            var payer = payers[i % payers.Length];
            var nonce = new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Length));
            authorizations[i] = (payer.Address, nonce);
            requests[i] = HttpConnection.Post(path, Write(payer, nonce, now + LifetimeSeconds));
        });
        return new PaymentRequests(requests, authorizations);
    }

    /// <summary>Signs so many different payments as questions to the node: what would this transfer do?</summary>
    public byte[][] SignCalls(int count)
    {
        var calls = new byte[count][];
        var validBefore = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + LifetimeSeconds;
        Parallel.For(0, count, i =>
        {
            var payer = payers[i % payers.Length];
            var nonce = new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Length));
            var transfer = new Eip3009Transfer(
                chain.Token, LocalChain.TokenName, LocalChain.TokenVersion, payer.Address, payTo, Atoms, UInt256.Zero, validBefore, nonce, default);
            var data = Eip3009.Calldata(transfer with { Signature = payer.SignDigest(Eip3009.Digest(transfer, LocalChain.ChainId)).ToArray() });
            calls[i] = HttpConnection.Post(
                "/", $$$"""{"jsonrpc":"2.0","id":{{{i}}},"method":"eth_call","params":[{"to":"{{{chain.Token}}}","data":"0x{{{Convert.ToHexStringLower(data)}}}"},"latest"]}""");
        });
        return calls;
    }

    private string Write(EvmSigner payer, Bytes32 nonce, long validBefore)
    {
        var domain = new Eip712Domain(LocalChain.TokenName, LocalChain.TokenVersion, LocalChain.ChainId, chain.Token);
        var digest = Eip3009.Digest(domain.Separator(), payer.Address, payTo, Atoms, UInt256.Zero, (ulong)validBefore, nonce);
        var signature = "0x" + Convert.ToHexStringLower(payer.SignDigest(digest).ToArray());
        var terms = $$$"""
            {"scheme":"exact","network":"eip155:{{{LocalChain.ChainId}}}","amount":"{{{Atoms}}}","asset":"{{{chain.Token.ToChecksum()}}}","payTo":"{{{payTo.ToChecksum()}}}","maxTimeoutSeconds":{{{LifetimeSeconds}}},"extra":{"name":"{{{LocalChain.TokenName}}}","version":"{{{LocalChain.TokenVersion}}}"}}
            """;
        var authorization = $$$"""
            {"from":"{{{payer.Address.ToChecksum()}}}","to":"{{{payTo.ToChecksum()}}}","value":"{{{Atoms}}}","validAfter":"0","validBefore":"{{{validBefore}}}","nonce":"{{{nonce}}}"}
            """;
        return $$$"""
            {"x402Version":2,"paymentPayload":{"x402Version":2,"resource":{"url":"http://127.0.0.1/resource","description":"","mimeType":"application/json"},"accepted":{{{terms}}},"payload":{"signature":"{{{signature}}}","authorization":{{{authorization}}}}},"paymentRequirements":{{{terms}}}}
            """;
    }
}

/// <summary>Requests, and what the chain knows their authorizations by.</summary>
internal sealed record PaymentRequests(byte[][] Requests, (Address Payer, Bytes32 Nonce)[] Authorizations);

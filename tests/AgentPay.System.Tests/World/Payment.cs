using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>A signed payment in its wire form: the body of verify and settle, and the header for a seller. A test may change the JSON at will.</summary>
internal sealed class Payment
{
    public const ulong Price = 1000;

    private Payment(JsonObject body, Eip3009Transfer? transfer, Address payer, string settlement)
    {
        Body = body;
        Transfer = transfer!;
        Payer = payer;
        Settlement = settlement;
    }

    public JsonObject Body { get; }

    /// <summary>What was signed, with its signature.</summary>
    public Eip3009Transfer Transfer { get; }

    /// <summary>The same of a Permit2 payment.</summary>
    public Permit2Transfer? Permit2Transfer { get; private init; }

    public Address Payer { get; }

    /// <summary>What deploys the payer's wallet, of one that is not deployed.</summary>
    public byte[] DeployCalldata { get; set; } = [];

    /// <summary>The settlement's id at the engine.</summary>
    public string Settlement { get; }

    public JsonObject Payload => Body["paymentPayload"]!.AsObject();

    public JsonObject Requirements => Body["paymentRequirements"]!.AsObject();

    public JsonObject Authorization => Payload["payload"]!["authorization"]!.AsObject();

    public string Signature
    {
        get => Payload["payload"]!["signature"]!.GetValue<string>();
        set => Payload["payload"]!["signature"] = value;
    }

    public string Json => Body.ToJsonString();

    /// <summary>The payment header's text.</summary>
    public string Header => Convert.ToBase64String(Encoding.UTF8.GetBytes(Payload.ToJsonString()));

    /// <summary>Signs a payment to the chain's merchant.</summary>
    /// <param name="chain">Where.</param>
    /// <param name="payer">Whose.</param>
    /// <param name="version">1 or 2.</param>
    /// <param name="change">Changes the authorization before it is signed.</param>
    /// <param name="chainId">The chain that is signed for, when it is another.</param>
    public static Payment Sign(TestChain chain, EvmSigner payer, int version = 2, Func<Eip3009Transfer, Eip3009Transfer>? change = null, ulong? chainId = null)
    {
        var validBefore = (ulong)TimeProvider.System.GetUtcNow().AddSeconds(120).ToUnixTimeSeconds();
        var transfer = new Eip3009Transfer(
            chain.Token, "USDC", "2", payer.Address, chain.Merchant, Price, 0UL, validBefore, new Bytes32(RandomNumberGenerator.GetBytes(32)), default);
        transfer = change?.Invoke(transfer) ?? transfer;
        var signature = payer.SignDigest(Eip3009.Digest(transfer, chainId ?? chain.ChainId)).ToArray();
        var settlement = $"stl:{chain.Network}:eip3009:{chain.Token}:{transfer.From}:{transfer.Nonce}";
        return new Payment(BodyOf(chain, transfer, signature, version), transfer with { Signature = signature }, transfer.From, settlement);
    }

    /// <summary>Signs a Permit2 payment to the chain's merchant.</summary>
    /// <param name="chain">Where.</param>
    /// <param name="payer">Whose.</param>
    /// <param name="change">Changes the transfer before it is signed.</param>
    public static Payment SignPermit2(TestChain chain, EvmSigner payer, Func<Permit2Transfer, Permit2Transfer>? change = null)
    {
        var deadline = (ulong)TimeProvider.System.GetUtcNow().AddSeconds(120).ToUnixTimeSeconds();
        var nonce = new UInt256(RandomNumberGenerator.GetBytes(32));
        var transfer = new Permit2Transfer(chain.Token, payer.Address, chain.Merchant, Price, nonce, deadline, 0UL, default);
        transfer = change?.Invoke(transfer) ?? transfer;
        transfer = transfer with { Signature = payer.SignDigest(Permit2.Digest(transfer, chain.ChainId)).ToArray() };
        var body = BodyOf(chain, null, [], 2);
        body["paymentRequirements"]!["extra"]!["assetTransferMethod"] = "permit2";
        body["paymentPayload"]!["accepted"]!["extra"]!["assetTransferMethod"] = "permit2";
        body["paymentPayload"]!["payload"] = new JsonObject
        {
            ["signature"] = "0x" + Convert.ToHexStringLower(transfer.Signature.Span),
            ["permit2Authorization"] = new JsonObject
            {
                ["permitted"] = new JsonObject { ["token"] = transfer.Token.ToString(), ["amount"] = transfer.Value.ToString() },
                ["from"] = transfer.From.ToString(),
                ["spender"] = Permit2.Proxy.ToString(),
                ["nonce"] = transfer.Nonce.ToString(),
                ["deadline"] = transfer.Deadline.ToString(),
                ["witness"] = new JsonObject { ["to"] = transfer.To.ToString(), ["validAfter"] = transfer.ValidAfter.ToString() },
            },
        };
        var settlement = $"stl:{chain.Network}:permit2:{Permit2.Contract}:{transfer.From}:{Bytes32.From(transfer.Nonce)}";
        return new Payment(body, null, transfer.From, settlement) { Permit2Transfer = transfer };
    }

    private static JsonObject BodyOf(TestChain chain, Eip3009Transfer? transfer, byte[] signature, int version)
    {
        var network = version == 2 ? chain.Network : chain.IsZeroGas ? "skale-base-sepolia" : "base-sepolia";
        var requirements = new JsonObject
        {
            ["scheme"] = "exact",
            ["network"] = network,
            [version == 2 ? "amount" : "maxAmountRequired"] = Price.ToString(CultureInfo.InvariantCulture),
            ["asset"] = chain.Token.ToString(),
            ["payTo"] = chain.Merchant.ToString(),
            ["maxTimeoutSeconds"] = 120,
            ["extra"] = new JsonObject { ["name"] = "USDC", ["version"] = "2" },
        };
        var payload = new JsonObject { ["x402Version"] = version };
        if (version == 2)
        {
            payload["accepted"] = requirements.DeepClone();
        }
        else
        {
            payload["scheme"] = "exact";
            payload["network"] = network;
            requirements["resource"] = "http://127.0.0.1/resource";
            requirements["description"] = "";
            requirements["mimeType"] = "application/json";
        }

        payload["payload"] = transfer is null ? null : new JsonObject
        {
            ["signature"] = "0x" + Convert.ToHexStringLower(signature),
            ["authorization"] = new JsonObject
            {
                ["from"] = transfer.From.ToString(),
                ["to"] = transfer.To.ToString(),
                ["value"] = transfer.Value.ToString(),
                ["validAfter"] = transfer.ValidAfter.ToString(),
                ["validBefore"] = transfer.ValidBefore.ToString(),
                ["nonce"] = transfer.Nonce.ToString(),
            },
        };
        return new JsonObject { ["x402Version"] = version, ["paymentPayload"] = payload, ["paymentRequirements"] = requirements };
    }
}

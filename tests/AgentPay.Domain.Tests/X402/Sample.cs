using System.Text;
using System.Text.Json.Nodes;
using AgentPay.X402;
using AgentPay.X402.Messages;
using AgentPay.X402.Parsing;
using AgentPay.X402.Seller;

namespace AgentPay.Domain.Tests.X402;

/// <summary>One valid payment in both versions, and ways to spoil it.</summary>
internal static class Sample
{
    public const string Token = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    public const string Payee = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    public const string Payer = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    public const string Nonce = "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    public const long Now = 1_800_000_000;

    public static readonly string Signature = "0x" + new string('1', 128) + "1b";

    public static readonly string Payload = $$$"""
        {"signature":"{{{Signature}}}","authorization":{"from":"{{{Payer}}}","to":"{{{Payee}}}","value":"10000","validAfter":"0","validBefore":"1800000060","nonce":"{{{Nonce}}}"}}
        """;

    public static readonly string RequirementsV1 = $$$"""
        {"scheme":"exact","network":"base-sepolia","maxAmountRequired":"10000","asset":"{{{Token}}}","payTo":"{{{Payee}}}","resource":"https://api.example.com/quote","description":"A quote","mimeType":"application/json","outputSchema":null,"maxTimeoutSeconds":60,"extra":{"name":"USDC","version":"2"}}
        """;

    public static readonly string RequirementsV2 = $$$"""
        {"scheme":"exact","network":"eip155:84532","amount":"10000","asset":"{{{Token}}}","payTo":"{{{Payee}}}","maxTimeoutSeconds":60,"extra":{"name":"USDC","version":"2"}}
        """;

    public const string Extensions = """{"payment-identifier":{"info":{"required":false,"id":"pay_0123456789abcdef"}}}""";

    public static readonly string PayloadV1 = $$$"""{"x402Version":1,"scheme":"exact","network":"base-sepolia","payload":{{{Payload}}}}""";

    public static readonly string PayloadV2 = $$$"""
        {"x402Version":2,"resource":{"url":"https://api.example.com/quote","description":"A quote","mimeType":"application/json"},"accepted":{{{RequirementsV2}}},"payload":{{{Payload}}},"extensions":{{{Extensions}}}}
        """;

    public static readonly string RequestV1 = $$$"""{"x402Version":1,"paymentPayload":{{{PayloadV1}}},"paymentRequirements":{{{RequirementsV1}}}}""";

    public static readonly string RequestV2 = $$$"""{"x402Version":2,"paymentPayload":{{{PayloadV2}}},"paymentRequirements":{{{RequirementsV2}}}}""";

    public static readonly string PayloadPermit2 = $$$"""
        {"signature":"{{{Signature}}}","permit2Authorization":{"permitted":{"token":"{{{Token}}}","amount":"10000"},"from":"{{{Payer}}}","spender":"0x402085c248eea27d92e8b30b2c58ed07f9e20001","nonce":"77","deadline":"1800000060","witness":{"validAfter":"0","to":"{{{Payee}}}"} } }
        """;

    /// <summary>The payment of version 2 by Permit2.</summary>
    public static readonly string RequestPermit2 = RequestV2
        .With("paymentPayload.payload", PayloadPermit2)
        .With("paymentPayload.accepted.extra", """{"name":"USDC","version":"2","assetTransferMethod":"permit2"}""")
        .With("paymentRequirements.extra", """{"name":"USDC","version":"2","assetTransferMethod":"permit2"}""");

    public static readonly PaymentTerms Terms = new()
    {
        Network = "eip155:84532",
        Amount = "10000",
        Asset = Token,
        PayTo = Payee,
        MaxTimeoutSeconds = 60,
        Extra = RequirementsExtra.ForEip712Domain("USDC", "2"),
    };

    public static readonly SellerOffer Offer =
        new(new ResourceInfo("https://api.example.com/quote", "A quote", "application/json"), [Terms]);

    public static string Request(X402Version version) => version == X402Version.V1 ? RequestV1 : RequestV2;

    public static ParseResult<FacilitatorRequest> Parse(string json) => FacilitatorRequest.Parse(Encoding.UTF8.GetBytes(json));

    public static FacilitatorRequest Parsed(string json)
    {
        var result = Parse(json);
        Assert.True(result.IsParsed, result.Fault?.ToString());
        return result.Value;
    }

    /// <summary>The JSON with one member, named by a path of dots, replaced by raw JSON; "-" removes it.</summary>
    public static string With(this string json, string path, string value)
    {
        var root = JsonNode.Parse(json)!;
        var names = path.Split('.');
        var parent = names[..^1].Aggregate(root, (node, name) => node[name]!).AsObject();
        if (value == "-")
        {
            Assert.True(parent.Remove(names[^1]), path);
        }
        else
        {
            // Set by a marker and exchanged in the text, so that tokens such as 2.0 stay as they are written.
            parent[names[^1]] = "@@marker@@";
        }

        return root.ToJsonString().Replace("\"@@marker@@\"", value, StringComparison.Ordinal);
    }
}

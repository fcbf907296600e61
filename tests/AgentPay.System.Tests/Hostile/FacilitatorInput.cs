using System.Globalization;
using System.Text.Json.Nodes;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Hostile;

/// <summary>One thing wrong with an honest request, and the answer it must get. A status of 200 is a verdict; "valid" is the verdict that nothing is wrong.</summary>
internal sealed record FacilitatorInput(int Status, string Code, Func<Payment, string> Body)
{
    private const string CurveOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    private const string AboveHalfOrder = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1";
    private static readonly string Zero = new('0', 64);
    private static readonly string Factory = new string('0', 24) + new string('f', 40);
    private static readonly string DeploymentMagic = string.Concat(Enumerable.Repeat("6492", 16));

    /// <summary>Every case by its name.</summary>
    public static readonly IReadOnlyDictionary<string, FacilitatorInput> All = new Dictionary<string, FacilitatorInput>[]
        { Broken(), Versions(), Amounts(), Requirements(), Addresses(), Signatures(), Harmless() }.SelectMany(group => group).ToDictionary();

    private static Dictionary<string, FacilitatorInput> Broken() => new()
    {
        ["nothing"] = Unreadable(_ => ""),
        ["null"] = Unreadable(_ => "null"),
        ["an array"] = Unreadable(payment => $"[{payment.Json}]"),
        ["half an object"] = Unreadable(payment => payment.Json[..^1]),
        ["an object and more"] = Unreadable(payment => payment.Json + "{}"),
        ["a trailing comma"] = Unreadable(payment => payment.Json[..^1] + ",}"),
        ["a comment"] = Unreadable(payment => "/* paid */" + payment.Json),
        ["arrays 60,000 deep"] = Unreadable(_ => new string('[', 60_000)),
        ["objects 65 deep in a member nobody reads"] = Unreadable(payment => With(payment, Deep(65))),
        ["a member twice"] = Unreadable(payment => payment.Json.Replace("\"x402Version\"", "\"x402Version\":2,\"x402Version\"", StringComparison.Ordinal)),
        ["the value twice"] = Unreadable(payment => payment.Json.Replace("\"value\":", "\"value\":\"1\",\"value\":", StringComparison.Ordinal)),
        ["the value twice, once by an escape"] = Unreadable(payment => payment.Json.Replace("\"value\":", "\"v\\u0061lue\":\"1\",\"value\":", StringComparison.Ordinal)),
        ["half a surrogate pair"] = Unreadable(payment => With(payment, "\"\\ud800\"")),
        ["no payment"] = Unreadable(payment => Without(payment.Body, "paymentPayload")),
        ["no requirements"] = Unreadable(payment => Without(payment.Body, "paymentRequirements")),
        ["a payment that is a string"] = Unreadable(payment => Set(payment.Body, "paymentPayload", "paid", payment)),
    };

    private static Dictionary<string, FacilitatorInput> Versions() => new()
    {
        ["version 3"] = Refused("invalid_x402_version", payment => Version(payment, 3)),
        ["version 0"] = Refused("invalid_x402_version", payment => Version(payment, 0)),
        ["version \"2\""] = Refused("invalid_x402_version", payment => Version(payment, "2")),
        ["version 2.0"] = Refused("invalid_x402_version", payment => payment.Json.Replace("\"x402Version\":2", "\"x402Version\":2.0", StringComparison.Ordinal)),
        ["version 2e0"] = Refused("invalid_x402_version", payment => payment.Json.Replace("\"x402Version\":2", "\"x402Version\":2e0", StringComparison.Ordinal)),
        ["no version"] = Refused("invalid_x402_version", payment => payment.Json.Replace("\"x402Version\":2,", "", StringComparison.Ordinal)),
        ["two versions"] = Refused("invalid_x402_version", payment => Set(payment.Body, "x402Version", 1, payment)),
    };

    private static Dictionary<string, FacilitatorInput> Amounts()
    {
        var cases = new Dictionary<string, FacilitatorInput>
        {
            ["value 1000 as a number"] = Refused("invalid_payload", payment => Raw(payment, "value", "1000")),
            ["value 1000.0"] = Refused("invalid_payload", payment => Raw(payment, "value", "1000.0")),
            ["value -1000"] = Refused("invalid_payload", payment => Raw(payment, "value", "-1000")),
            ["value true"] = Refused("invalid_payload", payment => Raw(payment, "value", "true")),
            ["value null"] = Refused("invalid_payload", payment => Raw(payment, "value", "null")),
            ["value []"] = Refused("invalid_payload", payment => Raw(payment, "value", "[]")),
            ["value one too little"] = Refused("invalid_exact_evm_payload_authorization_value_mismatch", payment => Raw(payment, "value", "\"999\"")),
            ["value one too much"] = Refused("invalid_exact_evm_payload_authorization_value_mismatch", payment => Raw(payment, "value", "\"1001\"")),
            ["value 2^256-1"] = Refused("invalid_exact_evm_payload_authorization_value_mismatch", payment => Raw(payment, "value", $"\"{UInt256Max}\"")),
            ["price 2^127"] = Refused("amount_above_maximum", payment => Ask(payment, "170141183460469231731687303715884105728")),
            ["price 2^128"] = Refused("amount_above_maximum", payment => Ask(payment, "340282366920938463463374607431768211456")),
            ["price 2^256-1"] = Refused("amount_above_maximum", payment => Ask(payment, UInt256Max)),
            ["price 2^256"] = Refused("invalid_payment_requirements", payment => Ask(payment, "115792089237316195423570985008687907853269984665640564039457584007913129639936")),
            ["price 0"] = Refused("invalid_payment_requirements", payment => Ask(payment, "0")),
        };
        foreach (var text in new[] { "", "-1", "+1", "-0", "00", "01000", " 1000", "1000 ", "1000\n", "1000\0", "1e3", "1E3", "1000.0", ".5", "5.", "1,000", "1_000", "0x3e8", "NaN", "Infinity", "１０００", "١٠٠٠", "−1000", new string('9', 79), new string('9', 20_000) })
        {
            var shown = text.Length > 20 ? string.Create(CultureInfo.InvariantCulture, $"{text.Length} digits") : text;
            cases[$"value \"{shown}\""] = Refused("invalid_payload", payment => Authorize(payment, "value", text));
            cases[$"price \"{shown}\""] = Refused("invalid_payment_requirements", payment => Ask(payment, text));
        }

        return cases;
    }

    private static Dictionary<string, FacilitatorInput> Requirements() => new()
    {
        ["maxTimeoutSeconds 0"] = Refused("invalid_payment_requirements", payment => Demand(payment, "maxTimeoutSeconds", 0)),
        ["maxTimeoutSeconds -1"] = Refused("invalid_payment_requirements", payment => Demand(payment, "maxTimeoutSeconds", -1)),
        ["maxTimeoutSeconds 1.5"] = Refused("invalid_payment_requirements", payment => Demand(payment, "maxTimeoutSeconds", 1.5)),
        ["maxTimeoutSeconds \"120\""] = Refused("invalid_payment_requirements", payment => Demand(payment, "maxTimeoutSeconds", "120")),
        ["maxTimeoutSeconds over a year"] = Refused("invalid_payment_requirements", payment => Demand(payment, "maxTimeoutSeconds", 31_536_001)),
        ["another scheme"] = Refused("unsupported_scheme", payment => Demand(payment, "scheme", "upto")),
        ["a scheme in capitals"] = Refused("unsupported_scheme", payment => Demand(payment, "scheme", "EXACT")),
        ["a network that is not served"] = Refused("invalid_network", payment => Demand(payment, "network", "eip155:1", "accepted")),
        ["a network with a leading zero"] = Refused("invalid_network", payment => Demand(payment, "network", "eip155:084532")),
        ["another network than the payment's"] = Refused("invalid_exact_evm_network_mismatch", payment => Demand(payment, "network", "eip155:8453")),
        ["a token that is not listed"] = Refused("invalid_payment_requirements", payment => Demand(payment, "asset", "0x1111111111111111111111111111111111111111", "accepted")),
        ["another token name"] = Refused("invalid_exact_evm_token_name_mismatch", payment => Extra(payment, "name", "USD Coin")),
        ["another token version"] = Refused("invalid_exact_evm_token_version_mismatch", payment => Extra(payment, "version", "1")),
        ["no token name"] = Refused("invalid_exact_evm_missing_eip712_domain", payment => Extra(payment, "name", null)),
        ["Permit2 terms"] = Refused("unsupported_payload_type", payment => Extra(payment, "assetTransferMethod", "permit2")),
        ["another transfer method"] = Refused("unsupported_asset_transfer_method", payment => Extra(payment, "assetTransferMethod", "erc7710")),
        ["another payee than the signed one"] = Refused("invalid_exact_evm_recipient_mismatch", payment => Demand(payment, "payTo", "0x2222222222222222222222222222222222222222", "accepted")),
        ["another payee than the accepted one"] = Refused("invalid_exact_evm_recipient_mismatch", payment => Accepted(payment, "payTo", "0x2222222222222222222222222222222222222222")),
        ["a lower price accepted"] = Refused("invalid_exact_evm_payload_authorization_value_mismatch", payment => Accepted(payment, "amount", "999")),
        ["another token accepted"] = Refused("invalid_payment_requirements", payment => Accepted(payment, "asset", "0x1111111111111111111111111111111111111111")),
    };

    private static Dictionary<string, FacilitatorInput> Addresses() => new()
    {
        ["from of 19 bytes"] = Refused("invalid_payload", payment => Authorize(payment, "from", payment.Payer.ToString()[..^2])),
        ["from of 21 bytes"] = Refused("invalid_payload", payment => Authorize(payment, "from", payment.Payer + "00")),
        ["from without 0x"] = Refused("invalid_payload", payment => Authorize(payment, "from", payment.Payer.ToString()[2..])),
        ["from with 0X"] = Refused("invalid_payload", payment => Authorize(payment, "from", "0X" + payment.Payer.ToString()[2..])),
        ["from that is no hexadecimal"] = Refused("invalid_payload", payment => Authorize(payment, "from", "0x" + new string('g', 40))),
        ["from nobody"] = Refused("invalid_exact_evm_signature", payment => Authorize(payment, "from", "0x" + new string('0', 40))),
        ["payTo of 19 bytes"] = Refused("invalid_payment_requirements", payment => Demand(payment, "payTo", "0x71")),
        ["asset of 32 bytes"] = Refused("invalid_payment_requirements", payment => Demand(payment, "asset", "0x" + Zero)),
        ["nonce of 31 bytes"] = Refused("invalid_payload", payment => Authorize(payment, "nonce", "0x" + Zero[2..])),
        ["nonce of 33 bytes"] = Refused("invalid_payload", payment => Authorize(payment, "nonce", "0x" + Zero + "00")),
        ["nonce of no bytes"] = Refused("invalid_payload", payment => Authorize(payment, "nonce", "0x")),
        ["another nonce than the signed one"] = Refused("invalid_exact_evm_signature", payment => Authorize(payment, "nonce", "0x" + Zero)),
    };

    private static Dictionary<string, FacilitatorInput> Signatures() => new()
    {
        ["r is 0"] = Signed("invalid_exact_evm_signature", (_, s, v) => Zero + s + v),
        ["s is 0"] = Signed("invalid_exact_evm_signature", (r, _, v) => r + Zero + v),
        ["r is the group order"] = Signed("invalid_exact_evm_signature", (_, s, v) => CurveOrder + s + v),
        ["s is the group order"] = Signed("invalid_exact_evm_signature", (r, _, v) => r + CurveOrder + v),
        ["s is just above half the order"] = Signed("invalid_exact_evm_signature", (r, _, v) => r + AboveHalfOrder + v),
        ["v is 26"] = Signed("invalid_exact_evm_signature", (r, s, _) => r + s + "1a"),
        ["v is 29"] = Signed("invalid_exact_evm_signature", (r, s, _) => r + s + "1d"),
        ["v is the other one"] = Signed("invalid_exact_evm_signature", (r, s, v) => r + s + (v == "1b" ? "1c" : "1b")),
        ["64 bytes"] = Signed("invalid_exact_evm_signature", (r, s, _) => r + s),
        ["64 bytes with the parity in s (EIP-2098)"] = Signed("invalid_exact_evm_signature", (r, s, v) => r + (v == "1c" ? $"{"89abcdef"[s[0] - '0']}{s[1..]}" : s)),
        ["66 bytes"] = Signed("invalid_exact_evm_signature", (r, s, v) => r + s + v + "00"),
        ["no bytes"] = Signed("invalid_exact_evm_signature", (_, _, _) => ""),
        ["half a byte"] = Signed("invalid_payload", (r, s, _) => r + s + "1"),
        ["8,193 bytes"] = Signed("invalid_payload", (_, _, _) => new string('0', 2 * 8_193)),
        ["8,192 bytes"] = Signed("invalid_exact_evm_signature", (_, _, _) => new string('0', 2 * 8_192)),
        ["a wallet's deployment (ERC-6492)"] = Signed("eip6492_factory_not_allowed", (r, s, v) => Wrapped(Factory, r + s + v)),
        ["a deployment by nobody"] = Signed("invalid_exact_evm_signature", (r, s, v) => Wrapped(Zero, r + s + v)),
        ["a deployment within a deployment"] = Signed("invalid_exact_evm_signature", (r, s, v) => Wrapped(Factory, Wrapped(Factory, r + s + v))),
        ["a deployment without its parts"] = Signed("invalid_exact_evm_signature", (r, s, v) => r + s + v + DeploymentMagic),
        ["a deployment and nothing else"] = Signed("invalid_exact_evm_signature", (_, _, _) => DeploymentMagic),
        ["an empty permit2 payload"] = Refused("invalid_payload", payment =>
        {
            payment.Payload["payload"]!["permit2Authorization"] = new JsonObject();
            return payment.Json;
        }),
    };

    private static Dictionary<string, FacilitatorInput> Harmless() => new()
    {
        ["members nobody knows"] = Valid(payment =>
        {
            payment.Body["admin"] = true;
            payment.Requirements["isValid"] = true;
            payment.Authorization["Value"] = "1";
            payment.Payload["extensions"] = new JsonObject { ["no-such-extension"] = new JsonObject { ["info"] = 1 } };
            return payment.Json;
        }),
        ["objects 60 deep in a member nobody reads"] = Valid(payment => With(payment, Deep(60))),
        ["spaces and line ends"] = Valid(payment => payment.Body.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true })),
        ["addresses and nonce in capitals"] = Valid(payment =>
        {
            Authorize(payment, "from", Capitals(payment.Payer.ToString()));
            Authorize(payment, "nonce", Capitals(payment.Authorization["nonce"]!.GetValue<string>()));
            return Demand(payment, "payTo", Capitals(payment.Requirements["payTo"]!.GetValue<string>()));
        }),
        ["v is 0 or 1"] = Signed("valid", (r, s, v) => r + s + (v == "1b" ? "00" : "01")),
        ["a signature in capitals"] = Signed("valid", (r, s, v) => (r + s + v).ToUpperInvariant()),
    };

    private static string UInt256Max => "115792089237316195423570985008687907853269984665640564039457584007913129639935";

    private static FacilitatorInput Unreadable(Func<Payment, string> body) => new(400, "invalid_payload", body);

    private static FacilitatorInput Refused(string code, Func<Payment, string> body) => new(200, code, body);

    private static FacilitatorInput Valid(Func<Payment, string> body) => new(200, "valid", body);

    /// <summary>What a wallet that is not deployed signs: factory, its calldata (here none), signature and the magic (ERC-6492). Text of hexadecimal digits.</summary>
    private static string Wrapped(string factory, string signature)
    {
        var words = new AbiWriter(ReadOnlySpan<byte>.Empty).Word(Bytes32.Parse("0x" + factory)).Bytes([]).Bytes(Convert.FromHexString(signature)).ToArray();
        return Convert.ToHexStringLower(words) + DeploymentMagic;
    }

    private static FacilitatorInput Signed(string code, Func<string, string, string, string> change) => new(200, code, payment =>
    {
        var hex = payment.Signature;
        payment.Signature = "0x" + change(hex[2..66], hex[66..130], hex[130..]);
        return payment.Json;
    });

    private static string Capitals(string hex) => "0x" + hex[2..].ToUpperInvariant();

    private static string Deep(int levels) => string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);

    private static string With(Payment payment, string value) => payment.Json[..^1] + $",\"more\":{value}}}";

    private static string Without(JsonObject body, string name)
    {
        body.Remove(name);
        return body.ToJsonString();
    }

    private static string Set(JsonObject part, string name, JsonNode? value, Payment payment)
    {
        part[name] = value;
        return payment.Json;
    }

    private static string Version(Payment payment, JsonNode version)
    {
        payment.Payload["x402Version"] = version.DeepClone();
        return Set(payment.Body, "x402Version", version, payment);
    }

    private static string Authorize(Payment payment, string name, string value) => Set(payment.Authorization, name, value, payment);

    private static string Raw(Payment payment, string name, string token)
    {
        const string Mark = "\"-mark-\"";
        return Authorize(payment, name, "-mark-").Replace(Mark, token, StringComparison.Ordinal);
    }

    private static string Demand(Payment payment, string name, JsonNode value, params string[] also)
    {
        if (also.Contains("accepted"))
        {
            Accepted(payment, name, value.DeepClone());
        }

        return Set(payment.Requirements, name, value, payment);
    }

    private static string Accepted(Payment payment, string name, JsonNode value) => Set(payment.Payload["accepted"]!.AsObject(), name, value, payment);

    private static string Ask(Payment payment, string amount) => Demand(payment, "amount", amount, "accepted");

    private static string Extra(Payment payment, string name, string? value) => Set(payment.Requirements["extra"]!.AsObject(), name, value, payment);
}

using AgentPay.X402.Extensions;
using AgentPay.X402.Messages;
using AgentPay.X402.Networks;
using AgentPay.X402.Schemes;

namespace AgentPay.X402.Parsing;

/// <summary>Reads a payment payload of either version into the one neutral record.</summary>
internal static class PayloadReader
{
    public static PaymentPayload Read(ObjectReader members, X402Version version) =>
        version == X402Version.V1 ? ReadV1(members) : ReadV2(members);

    private static PaymentPayload ReadV1(ObjectReader members)
    {
        var scheme = members.Text("scheme", X402Limits.ShortTextMax);
        var (network, asSent) = RequirementsReader.ReadNetwork(members, X402Version.V1);
        return new PaymentPayload
        {
            Version = X402Version.V1,
            Scheme = scheme,
            Network = network.Text ?? "",
            NetworkAsSent = asSent,
            Authorization = ReadAuthorization(members.Object("payload"), scheme, network.IsEvm),
        };
    }

    private static PaymentPayload ReadV2(ObjectReader members)
    {
        var accepted = RequirementsReader.Read(members.Object("accepted"), X402Version.V2);
        var isEvm = Caip2Network.TryParse(accepted.Network, out var network) && network.IsEvm;
        var extensions = members.OptionalObject("extensions");
        return new PaymentPayload
        {
            Version = X402Version.V2,
            Scheme = accepted.Scheme,
            Network = accepted.Network,
            NetworkAsSent = accepted.NetworkAsSent,
            Accepted = accepted,
            Authorization = ReadAuthorization(members.Object("payload"), accepted.Scheme, isEvm),
            Permit2 = ReadPermit2(members.Object("payload"), accepted.Scheme, isEvm),
            ResourceUrl = members.OptionalObject("resource")?.OptionalText("url", X402Limits.UrlMax),
            ExtensionsJson = extensions?.Raw(),
            PaymentIdentifier = ReadPaymentIdentifier(extensions),
            Eip2612 = ReadEip2612(extensions),
            Erc20Approval = ReadErc20Approval(extensions),
        };
    }

    /// <summary>The authorization of scheme exact on EVM. Another scheme, network family or transfer method has a shape of its own, which is not judged here.</summary>
    private static TransferAuthorization? ReadAuthorization(ObjectReader payload, string scheme, bool isEvm)
    {
        var isOtherMethod = payload.Has("permit2Authorization") || payload.Has("delegationManager");
        if (scheme != SchemeNames.Exact || !isEvm || isOtherMethod)
        {
            return null;
        }

        var signature = payload.Signature("signature");
        var authorization = payload.Object("authorization");
        return new TransferAuthorization(
            signature,
            authorization.Address("from"),
            authorization.Address("to"),
            authorization.Amount("value"),
            authorization.Amount("validAfter"),
            authorization.Amount("validBefore"),
            authorization.Nonce("nonce"));
    }

    /// <summary>A payload that has the member is of this method, as in the reference implementation.</summary>
    private static Permit2Authorization? ReadPermit2(ObjectReader payload, string scheme, bool isEvm)
    {
        if (scheme != SchemeNames.Exact || !isEvm || !payload.Has("permit2Authorization"))
        {
            return null;
        }

        var signature = payload.Signature("signature");
        var authorization = payload.Object("permit2Authorization");
        var permitted = authorization.Object("permitted");
        var witness = authorization.Object("witness");
        return new Permit2Authorization(
            signature,
            authorization.Address("from"),
            authorization.Address("spender"),
            permitted.Address("token"),
            permitted.Amount("amount"),
            authorization.Amount("nonce"),
            authorization.Amount("deadline"),
            witness.Address("to"),
            witness.Amount("validAfter"));
    }

    /// <summary>An info without one of the client's members is the seller's own, echoed: the client had nothing to add.</summary>
    private static Eip2612Approval? ReadEip2612(ObjectReader? extensions) =>
        ReadApproval(extensions, GasSponsoringExtension.Eip2612, Eip2612Approval.Members) is { } members
            ? new Eip2612Approval(members[0], members[1], members[2], members[3], members[4], members[5], members[6], members[7])
            : null;

    private static Erc20Approval? ReadErc20Approval(ObjectReader? extensions) =>
        ReadApproval(extensions, GasSponsoringExtension.Erc20Approval, Erc20Approval.Members) is { } members
            ? new Erc20Approval(members[0], members[1], members[2], members[3], members[4], members[5])
            : null;

    private static string[]? ReadApproval(ObjectReader? extensions, string extension, string[] names)
    {
        if (extensions?.OptionalObject(extension)?.OptionalObject("info") is not { } info)
        {
            return null;
        }

        string?[] members = [.. names.Select(name =>
            info.OptionalText(name, name is "signature" or "signedTransaction" ? 2 + (2 * X402Limits.SignatureBytesMax) : X402Limits.ShortTextMax))];
        return Array.Exists(members, string.IsNullOrEmpty) ? null : [.. members.OfType<string>()];
    }

    private static string? ReadPaymentIdentifier(ObjectReader? extensions)
    {
        if (extensions?.OptionalObject(PaymentIdentifierExtension.Name)?.OptionalObject("info") is not { } info
            || info.OptionalText("id", X402Limits.ShortTextMax) is not { } id)
        {
            return null;
        }

        if (!PaymentIdentifierExtension.IsIdentifier(id))
        {
            info.Fault("id", "A payment identifier is 16 to 128 letters, digits, underscores or hyphens.");
        }

        return id;
    }
}

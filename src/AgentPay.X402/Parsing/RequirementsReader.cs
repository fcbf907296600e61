using AgentPay.X402.Messages;
using AgentPay.X402.Networks;

namespace AgentPay.X402.Parsing;

/// <summary>Reads payment requirements of either version into the one neutral record.</summary>
internal static class RequirementsReader
{
    public static PaymentRequirements Read(ObjectReader members, X402Version version)
    {
        var scheme = members.Text("scheme", X402Limits.ShortTextMax);
        var (network, networkAsSent) = ReadNetwork(members, version);
        var amount = members.Amount(version == X402Version.V1 ? "maxAmountRequired" : "amount");
        return new PaymentRequirements
        {
            Scheme = scheme,
            Network = network.Text ?? "",
            NetworkAsSent = networkAsSent,
            Amount = amount,
            Asset = ReadParty(members, "asset", network),
            PayTo = ReadParty(members, "payTo", network),
            MaxTimeoutSeconds = members.Seconds("maxTimeoutSeconds", X402Limits.TimeoutSecondsMax),
            Extra = ReadExtra(members),
        };
    }

    /// <summary>The network of a requirements object, or of a v1 payload.</summary>
    public static (Caip2Network Network, string AsSent) ReadNetwork(ObjectReader members, X402Version version)
    {
        var asSent = members.Text("network", X402Limits.ShortTextMax);
        var caip2 = version == X402Version.V1 ? LegacyNetworkNames.ToCaip2(asSent) : asSent;
        if (!Caip2Network.TryParse(caip2, out var network))
        {
            members.WithCode(ErrorCodes.InvalidNetwork).Fault(
                "network", version == X402Version.V1 ? "Not a network name of x402 v1." : "Not a canonical CAIP-2 network name.");
        }

        return (network, asSent);
    }

    private static string ReadParty(ObjectReader members, string name, Caip2Network network) =>
        network.IsEvm ? members.Address(name) : members.Text(name, X402Limits.ShortTextMax);

    private static RequirementsExtra ReadExtra(ObjectReader members) =>
        members.OptionalObject("extra") is not { } extra
            ? RequirementsExtra.Absent
            : new RequirementsExtra(
                extra.Raw(),
                extra.OptionalText("name", X402Limits.ShortTextMax),
                extra.OptionalText("version", X402Limits.ShortTextMax),
                extra.OptionalText("assetTransferMethod", X402Limits.ShortTextMax),
                extra.OptionalText("paymentFlow", X402Limits.ShortTextMax));
}

using AgentPay.X402.Schemes;
using AgentPay.X402.Writing;

namespace AgentPay.X402.Messages;

/// <summary>The member <c>extra</c> of payment requirements: what a scheme needs beside the common fields.</summary>
/// <param name="Json">The whole object as JSON text; null when absent.</param>
/// <param name="Name">EIP-712 domain name of the token; null when absent.</param>
/// <param name="Version">EIP-712 domain version of the token; null when absent.</param>
/// <param name="AssetTransferMethod">How the token is moved; null means EIP-3009.</param>
/// <param name="PaymentFlow">When it is settled; null means <c>authorization</c>: after the work.</param>
public sealed record RequirementsExtra(
    string? Json, string? Name = null, string? Version = null, string? AssetTransferMethod = null, string? PaymentFlow = null)
{
    /// <summary>No <c>extra</c> at all.</summary>
    public static RequirementsExtra Absent { get; } = new(Json: null);

    /// <summary>The extra of a token that is moved by Permit2 and takes no EIP-2612 approval: there is no domain to sign for.</summary>
    public static RequirementsExtra Permit2 { get; } =
        new($$"""{"assetTransferMethod":"{{SchemeNames.Permit2}}"}""", AssetTransferMethod: SchemeNames.Permit2);

    /// <summary>The extra of a token that is moved by EIP-3009.</summary>
    public static RequirementsExtra ForEip712Domain(string name, string version) =>
        new(MessageJson.WriteText((name, version), static (writer, domain) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, domain.name);
            writer.WriteString("version"u8, domain.version);
            writer.WriteEndObject();
        }), name, version);

    /// <summary>The extra of a token that is moved by Permit2; the domain is what a payer signs an EIP-2612 approval with.</summary>
    public static RequirementsExtra ForPermit2(string name, string version) =>
        new(MessageJson.WriteText((name, version), static (writer, domain) =>
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, domain.name);
            writer.WriteString("version"u8, domain.version);
            writer.WriteString("assetTransferMethod"u8, SchemeNames.Permit2);
            writer.WriteEndObject();
        }), name, version, SchemeNames.Permit2);
}

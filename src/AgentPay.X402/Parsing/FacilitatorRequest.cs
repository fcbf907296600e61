using System.Text.Json;
using AgentPay.X402.Messages;
using AgentPay.X402.Networks;
using AgentPay.X402.Schemes;

namespace AgentPay.X402.Parsing;

/// <summary>The body of <c>POST /verify</c> and <c>POST /settle</c>, of either version.</summary>
/// <param name="Payload">The payment, as the client signed it.</param>
/// <param name="Requirements">The seller's terms: what the payment is judged by.</param>
public sealed record FacilitatorRequest(PaymentPayload Payload, PaymentRequirements Requirements)
{
    /// <summary>The protocol version of the request, and of its answer.</summary>
    public X402Version Version => Payload.Version;

    /// <summary>
    /// Reads a request. The version is the payload's, or the envelope's when the payload names none; when both do, they must agree.
    /// <see cref="ParseOutcome.Broken"/>: not one JSON object, or <c>paymentPayload</c> or <c>paymentRequirements</c> is no object.
    /// <see cref="ParseOutcome.BadPayload"/>: in this order <see cref="ErrorCodes.InvalidX402Version"/>, then for the requirements
    /// <see cref="ErrorCodes.InvalidPaymentRequirements"/>, <see cref="ErrorCodes.InvalidNetwork"/> and <see cref="ErrorCodes.UnsupportedScheme"/>,
    /// then for the payload <see cref="ErrorCodes.InvalidNetwork"/> and <see cref="ErrorCodes.InvalidPayload"/>.
    /// </summary>
    /// <param name="utf8">UTF-8 JSON.</param>
    public static ParseResult<FacilitatorRequest> Parse(ReadOnlyMemory<byte> utf8)
    {
        if (!MessageDocument.TryOpen(utf8, out var document, out var broken))
        {
            return ParseResult<FacilitatorRequest>.Broken("", broken);
        }

        using (document)
        {
            return Read(document.RootElement);
        }
    }

    private static ParseResult<FacilitatorRequest> Read(JsonElement root)
    {
        var faults = new FaultLog();
        var envelope = new ObjectReader(root, "", ErrorCodes.InvalidPayload, faults);
        var payloadMembers = envelope.Object("paymentPayload");
        var requirementsMembers = envelope.WithCode(ErrorCodes.InvalidPaymentRequirements).Object("paymentRequirements");
        if (faults.First is { } broken)
        {
            return ParseResult<FacilitatorRequest>.Broken(broken.Pointer, broken.Detail);
        }

        if (ReadVersion(envelope, payloadMembers) is not { } version || faults.First is not null)
        {
            return ParseResult<FacilitatorRequest>.BadPayload(faults.First!);
        }

        var requirements = RequirementsReader.Read(requirementsMembers, version);
        RefuseWhatIsNotServed(requirementsMembers, requirements);
        if (faults.First is { } unfit)
        {
            return ParseResult<FacilitatorRequest>.BadPayload(unfit, requirements.Network);
        }

        var payload = PayloadReader.Read(payloadMembers, version);
        return faults.First is { } bad
            ? ParseResult<FacilitatorRequest>.BadPayload(bad, requirements.Network)
            : ParseResult<FacilitatorRequest>.Parsed(new FacilitatorRequest(payload, requirements), requirements.Network);
    }

    private static X402Version? ReadVersion(ObjectReader envelope, ObjectReader payload)
    {
        envelope = envelope.WithCode(ErrorCodes.InvalidX402Version);
        payload = payload.WithCode(ErrorCodes.InvalidX402Version);
        if (!payload.IsPresent("x402Version"))
        {
            return envelope.Version("x402Version");
        }

        var version = payload.Version("x402Version");
        if (version is not null && envelope.IsPresent("x402Version")
            && envelope.Version("x402Version") is { } outer && outer != version)
        {
            envelope.Fault("x402Version", "The envelope names another version than the payload.");
        }

        return version;
    }

    private static void RefuseWhatIsNotServed(ObjectReader members, PaymentRequirements requirements)
    {
        if (requirements.Scheme != SchemeNames.Exact)
        {
            members.WithCode(ErrorCodes.UnsupportedScheme).Fault("scheme", "Only the scheme exact is offered.");
        }

        if (!Caip2Network.TryParse(requirements.Network, out var network) || !network.IsEvm)
        {
            members.WithCode(ErrorCodes.InvalidNetwork).Fault("network", "Only EVM networks are served.");
        }
    }
}

using AgentPay.X402.Messages;

namespace AgentPay.X402.Parsing;

/// <summary>Reads the payment that a client sends to a seller.</summary>
public static class PaymentPayloadParser
{
    /// <summary>
    /// Reads the decoded content of a payment header. <see cref="ParseOutcome.Broken"/> when it is no JSON object;
    /// <see cref="ParseOutcome.BadPayload"/> with <see cref="ErrorCodes.InvalidX402Version"/> when its version is not the header's, with
    /// <see cref="ErrorCodes.InvalidNetwork"/> or <see cref="ErrorCodes.InvalidPayload"/> when it is of the wrong shape. Whether the scheme and
    /// the network are for sale is for the seller's terms to say.
    /// </summary>
    /// <param name="utf8">UTF-8 JSON.</param>
    /// <param name="version">The version that the header stands for.</param>
    public static ParseResult<PaymentPayload> Parse(ReadOnlyMemory<byte> utf8, X402Version version)
    {
        if (!MessageDocument.TryOpen(utf8, out var document, out var broken))
        {
            return ParseResult<PaymentPayload>.Broken("", broken);
        }

        using (document)
        {
            var faults = new FaultLog();
            var members = new ObjectReader(document.RootElement, "", ErrorCodes.InvalidPayload, faults);
            var versionMembers = members.WithCode(ErrorCodes.InvalidX402Version);
            if (versionMembers.Version("x402Version") is { } sent && sent != version)
            {
                versionMembers.Fault("x402Version", "The version is not the one of the header it came in.");
            }

            if (faults.First is not null)
            {
                return ParseResult<PaymentPayload>.BadPayload(faults.First);
            }

            var payload = PayloadReader.Read(members, version);
            return faults.First is null
                ? ParseResult<PaymentPayload>.Parsed(payload, payload.Network)
                : ParseResult<PaymentPayload>.BadPayload(faults.First, payload.Network);
        }
    }
}

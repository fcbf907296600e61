namespace AgentPay.X402.Parsing;

/// <summary>What became of bytes that claim to be an x402 message.</summary>
public enum ParseOutcome
{
    /// <summary>A message of the demanded shape.</summary>
    Parsed,

    /// <summary>A usable message whose payment is not of the demanded shape: an ordinary refusal with a code (HTTP 200 at a facilitator, 402 at a seller).</summary>
    BadPayload,

    /// <summary>No usable message at all: HTTP 400.</summary>
    Broken,
}

namespace AgentPay.X402.Parsing;

/// <summary>The first thing wrong with a message.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Pointer">Where, as a JSON Pointer (RFC 6901); empty for the whole message.</param>
/// <param name="Detail">One sentence for a developer; never repeats what was sent.</param>
public sealed record ParseFault(string Code, string Pointer, string Detail);

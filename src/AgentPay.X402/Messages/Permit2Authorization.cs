namespace AgentPay.X402.Messages;

/// <summary>A signed Permit2 <c>PermitWitnessTransferFrom</c> as the payer sent it; each text has passed its grammar.</summary>
/// <param name="Signature"><c>0x</c> and at most <see cref="X402Limits.SignatureBytesMax"/> bytes in hexadecimal.</param>
/// <param name="From">The payer's address.</param>
/// <param name="Spender">Who may ask Permit2 for the transfer.</param>
/// <param name="Token">The permitted token's address.</param>
/// <param name="Amount">Atoms, canonical decimal, at most 2^256 - 1.</param>
/// <param name="Nonce">The payer's random nonce, canonical decimal, at most 2^256 - 1.</param>
/// <param name="Deadline">Unix seconds, canonical decimal; the last second in which it is valid.</param>
/// <param name="To">Whom the witness names as payee.</param>
/// <param name="ValidAfter">Unix seconds, canonical decimal; the first second in which it is valid.</param>
public sealed record Permit2Authorization(
    string Signature, string From, string Spender, string Token, string Amount, string Nonce, string Deadline, string To, string ValidAfter);

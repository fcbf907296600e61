namespace AgentPay.X402.Messages;

/// <summary>A signed EIP-3009 <c>TransferWithAuthorization</c> as the payer sent it; each text has passed its grammar.</summary>
/// <param name="Signature"><c>0x</c> and at most <see cref="X402Limits.SignatureBytesMax"/> bytes in hexadecimal.</param>
/// <param name="From">The payer's address.</param>
/// <param name="To">The payee's address.</param>
/// <param name="Value">Atoms, canonical decimal, at most 2^256 - 1.</param>
/// <param name="ValidAfter">Unix seconds, canonical decimal, at most 2^256 - 1.</param>
/// <param name="ValidBefore">Unix seconds, canonical decimal, at most 2^256 - 1.</param>
/// <param name="Nonce">The payer's random 32 bytes, <c>0x</c> and 64 hexadecimal digits.</param>
public sealed record TransferAuthorization(
    string Signature, string From, string To, string Value, string ValidAfter, string ValidBefore, string Nonce);

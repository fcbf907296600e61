namespace AgentPay.X402.Messages;

/// <summary>
/// A payer's signed approval of Permit2 (EIP-2612) as the extension <c>eip2612GasSponsoring</c> carries it: text of any content until
/// <see cref="Schemes.ExactEvmPermit2Rules.CheckApproval(Eip2612Approval, Permit2Authorization, DateTimeOffset)"/> has judged it.
/// </summary>
/// <param name="From">Whose tokens.</param>
/// <param name="Asset">The token.</param>
/// <param name="Spender">Who is approved.</param>
/// <param name="Amount">Atoms.</param>
/// <param name="Nonce">The account's permit nonce at the token.</param>
/// <param name="Deadline">Unix seconds.</param>
/// <param name="Signature">The account's key's.</param>
/// <param name="Version">Of the extension.</param>
public sealed record Eip2612Approval(string From, string Asset, string Spender, string Amount, string Nonce, string Deadline, string Signature, string Version)
{
    internal static readonly string[] Members = ["from", "asset", "spender", "amount", "nonce", "deadline", "signature", "version"];
}

namespace AgentPay.X402.Messages;

/// <summary>
/// A payer's signed transaction that approves Permit2, as the extension <c>erc20ApprovalGasSponsoring</c> carries it: text of any content until
/// <see cref="Schemes.ExactEvmPermit2Rules.CheckApproval(Erc20Approval, Permit2Authorization)"/> has judged it.
/// </summary>
/// <param name="From">Whose tokens.</param>
/// <param name="Asset">The token.</param>
/// <param name="Spender">Who is approved.</param>
/// <param name="Amount">Atoms.</param>
/// <param name="SignedTransaction">The bytes to broadcast, 0x and hexadecimal.</param>
/// <param name="Version">Of the extension.</param>
public sealed record Erc20Approval(string From, string Asset, string Spender, string Amount, string SignedTransaction, string Version)
{
    internal static readonly string[] Members = ["from", "asset", "spender", "amount", "signedTransaction", "version"];
}

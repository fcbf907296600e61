namespace AgentPay.Chains.Evm;

/// <summary>A signed transaction read back.</summary>
/// <param name="Request">What was signed.</param>
/// <param name="Sender">Whose key signed it.</param>
/// <param name="Hash">Its hash.</param>
public sealed record DecodedTransaction(TransactionRequest Request, Address Sender, Bytes32 Hash);

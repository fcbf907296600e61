namespace AgentPay.Chains.Evm;

/// <summary>Signed bytes, ready to hand over.</summary>
/// <param name="Raw">What <c>eth_sendRawTransaction</c> takes.</param>
/// <param name="Hash">Its hash, known before it is sent.</param>
public sealed record SignedTransaction(ReadOnlyMemory<byte> Raw, Bytes32 Hash);

namespace AgentPay.Chains.Evm;

/// <summary>A transaction before it is signed.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Nonce">The sender's transaction count before it.</param>
/// <param name="GasLimit">Gas.</param>
/// <param name="Fees">Legacy (EIP-155) or fee-market (EIP-1559, type 2) prices.</param>
/// <param name="To">The account called; null creates a contract.</param>
/// <param name="Value">Wei.</param>
/// <param name="Data">Calldata or creation code.</param>
public sealed record TransactionRequest(
    ulong ChainId, ulong Nonce, ulong GasLimit, FeeQuote Fees, Address? To, UInt256 Value, ReadOnlyMemory<byte> Data)
{
    /// <summary>Wei that the sender must own for a node to take it, when it moves none itself: the most its gas can cost.</summary>
    public UInt256 GasCostMax => Fees.MaxFeePerGas.High == 0 ? Fees.MaxFeePerGas * GasLimit : UInt256.MaxValue;
}

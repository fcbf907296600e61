namespace AgentPay.Chains.Evm.Simulated;

/// <summary>A block with what it did.</summary>
/// <param name="Header">As a node tells it.</param>
/// <param name="Ledger">All accounts after it.</param>
/// <param name="Transactions">The signed ones among its transactions; others came from accounts of other people.</param>
/// <param name="Receipts">In the order of the header's hashes.</param>
internal sealed record SimulatedBlock(
    BlockHeader Header, SimulatedLedger Ledger, IReadOnlyList<DecodedTransaction> Transactions, IReadOnlyList<TransactionReceipt> Receipts);

namespace AgentPay.Chains.Evm;

/// <summary>
/// One EVM chain as its nodes report it. A connector reports, the domain decides: no method here judges a payment, and a node's
/// trouble is always <see cref="ChainUnavailableException"/>, never a verdict. Thread-safe.
/// </summary>
public interface IEvmChain
{
    /// <summary>CAIP-2 name, for example <c>eip155:8453</c>.</summary>
    string Network { get; }

    /// <summary>The number after <c>eip155:</c>.</summary>
    ulong ChainId { get; }

    /// <summary>How the nodes behind this chain stand, in the order of their configuration; empty where there are none.</summary>
    IReadOnlyList<NodeHealth> Nodes => [];

    /// <summary>
    /// What the chain says about a transfer authorization now: the payer's code, the token's code, a simulation of
    /// <c>transferWithAuthorization</c> (after the deployment, for a payer without code that names one), and when that fails, why (x402, scheme exact on EVM). The local ECDSA check is done by the caller.
    /// </summary>
    Task<TransferReading> ReadTransferAsync(Eip3009Transfer transfer, CancellationToken cancellationToken);

    /// <summary>True when <c>isValidSignature(digest, signature)</c> of the contract at <paramref name="wallet"/> answers exactly 0x1626ba7e (ERC-1271); gas and time are capped.</summary>
    Task<bool> IsValidSignatureAsync(Address wallet, Bytes32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken);

    /// <summary>The number of mined transactions of <paramref name="account"/> (<paramref name="pending"/> false) or including the node's pool.</summary>
    Task<ulong> ReadTransactionCountAsync(Address account, bool pending, CancellationToken cancellationToken);

    /// <summary>The number of transactions of <paramref name="account"/> mined up to the block of that height.</summary>
    Task<ulong> ReadTransactionCountAtAsync(Address account, ulong height, CancellationToken cancellationToken);

    /// <summary>True when there is a contract at <paramref name="account"/>.</summary>
    Task<bool> HasCodeAsync(Address account, CancellationToken cancellationToken);

    /// <summary>Which of these accounts have code now, their own or delegated (EIP-7702), in the order asked. One round trip where the node takes batches.</summary>
    async Task<IReadOnlyList<bool>> HaveCodeAsync(IReadOnlyList<Address> accounts, CancellationToken cancellationToken)
    {
        var answers = new List<bool>(accounts.Count);
        foreach (var account in accounts)
        {
            answers.Add(await HasCodeAsync(account, cancellationToken).ConfigureAwait(false));
        }

        return answers;
    }

    /// <summary>What a transaction sent now should offer for gas. On a zero-gas chain a legacy price of 0.</summary>
    Task<FeeQuote> ReadFeesAsync(CancellationToken cancellationToken);

    /// <summary>Gas this call needs now, by the node's estimate; null when the node says the call reverts.</summary>
    Task<ulong?> EstimateGasAsync(Address from, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Hands signed bytes to the node. Never throws for a node's trouble: that is <see cref="SubmissionStatus.Unknown"/>.</summary>
    Task<Submission> SubmitAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken);

    /// <summary>
    /// Hands signed bytes to the node together, in this order, and gives one answer for each that was handed over: those after the first whose fate is
    /// <see cref="SubmissionStatus.Unknown"/> may be missing. Never throws for a node's trouble.
    /// </summary>
    async Task<IReadOnlyList<Submission>> SubmitManyAsync(IReadOnlyList<ReadOnlyMemory<byte>> signedTransactions, CancellationToken cancellationToken)
    {
        var submissions = new List<Submission>();
        foreach (var signed in signedTransactions)
        {
            submissions.Add(await SubmitAsync(signed, cancellationToken).ConfigureAwait(false));
            if (submissions[^1].Status == SubmissionStatus.Unknown)
            {
                break;
            }
        }

        return submissions;
    }

    /// <summary>Receipts in the order asked; null where the node has none. One round trip.</summary>
    Task<IReadOnlyList<TransactionReceipt?>> ReadReceiptsAsync(IReadOnlyList<Bytes32> transactions, CancellationToken cancellationToken);

    /// <summary>True when the node knows the transaction, mined or in its pool.</summary>
    Task<bool> KnowsTransactionAsync(Bytes32 transaction, CancellationToken cancellationToken);

    /// <summary>The token's <c>authorizationState(payer, nonce)</c>: true when used or cancelled, at <paramref name="block"/> (null: latest).</summary>
    Task<bool> ReadAuthorizationStateAsync(Address token, Address payer, Bytes32 nonce, BlockTag? block, CancellationToken cancellationToken);

    /// <summary>
    /// Looks for what became of an authorization, from <paramref name="fromBlock"/> on: the transaction that used it, with the Transfer that followed, or its
    /// cancellation. Looks at a bounded number of blocks; <see cref="AuthorizationTrace.SearchedTo"/> says where to go on.
    /// </summary>
    Task<AuthorizationTrace> FindAuthorizationAsync(Address token, Address payer, Bytes32 nonce, ulong fromBlock, CancellationToken cancellationToken);

    /// <summary>A block's header by tag or number; null when the node has none.</summary>
    Task<BlockHeader?> ReadBlockAsync(BlockTag block, CancellationToken cancellationToken);

    /// <summary>
    /// Which block is safe and which is final, by the node's tags; by depth where it has none: the newest block with so many on top of it.
    /// </summary>
    /// <param name="safeDepth">Blocks on top of a safe one.</param>
    /// <param name="finalDepth">Blocks on top of a final one; at least <paramref name="safeDepth"/>.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    Task<ChainFinality> ReadFinalityAsync(ulong safeDepth, ulong finalDepth, CancellationToken cancellationToken);

    /// <summary>
    /// Follows the chain from <paramref name="from"/> (null: the current head), by polling or when a node announces a block. Yields each new block once in order; when the parent hash of a
    /// new block is not the last one given, yields <see cref="ChainStepKind.Disconnected"/> for each lost block, newest first, before going on.
    /// Throws <see cref="ChainUnavailableException"/> when the node fails; call again with the last cursor.
    /// </summary>
    IAsyncEnumerable<ChainStep> FollowAsync(BlockCursor? from, CancellationToken cancellationToken);

    /// <summary>The atoms that <paramref name="owner"/> holds of a token at <paramref name="block"/> (null: latest).</summary>
    Task<UInt256> ReadTokenBalanceAsync(Address token, Address owner, BlockTag? block, CancellationToken cancellationToken);

    /// <summary>The account's native balance in wei.</summary>
    Task<UInt256> ReadBalanceAsync(Address account, CancellationToken cancellationToken);

    /// <summary>
    /// Wei that these signed bytes cost beside their gas, by the prices of the moment or somewhat more: on a chain of the OP stack its sender must own that too (predeploy
    /// GasPriceOracle, <c>getL1FeeUpperBound</c>, or <c>getL1Fee</c> before Fjord). 0 where there is no such contract, or it answers neither.
    /// </summary>
    Task<UInt256> ReadDataFeeAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken);

    /// <summary>Transfers by Permit2 on this chain; null where they are not understood.</summary>
    IPermit2Chain? Permit2 => null;
}

/// <summary>An EIP-3009 authorization with everything its check and its call need (EIP-3009).</summary>
/// <param name="Token">The token contract, also the EIP-712 verifying contract.</param>
/// <param name="DomainName">EIP-712 domain name of the token.</param>
/// <param name="DomainVersion">EIP-712 domain version of the token.</param>
/// <param name="From">The payer.</param>
/// <param name="To">The payee.</param>
/// <param name="Value">Atoms.</param>
/// <param name="ValidAfter">Unix seconds; the token demands a later block time.</param>
/// <param name="ValidBefore">Unix seconds; the token demands an earlier block time.</param>
/// <param name="Nonce">The payer's random nonce.</param>
/// <param name="Signature">As it was given: 65 bytes r, s, v for a key; for a contract wallet any bytes, 65 too; without the wrapper of ERC-6492.</param>
public sealed record Eip3009Transfer(
    Address Token, string DomainName, string DomainVersion, Address From, Address To, UInt256 Value,
    UInt256 ValidAfter, UInt256 ValidBefore, Bytes32 Nonce, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The payer has code and judges the signature itself (ERC-1271): the token is handed the bytes unchanged, whatever their length.</summary>
    public bool PayerHasCode { get; init; }

    /// <summary>How the payer's wallet is deployed first, when it has no code (ERC-6492); null: it is not.</summary>
    public WalletDeployment? Deployment { get; init; }
}

/// <summary>What the chain said about a transfer authorization.</summary>
/// <param name="PayerHasCode">The payer is a contract or a delegated account (EIP-7702).</param>
/// <param name="Verdict">Whether the token would accept it now, and if not, why.</param>
public sealed record TransferReading(bool PayerHasCode, TransferVerdict Verdict);

/// <summary>The chain's verdict on a simulated transfer, in the order the reference facilitator diagnoses it.</summary>
public enum TransferVerdict
{
    /// <summary>The token accepts it.</summary>
    Accepted,

    /// <summary>No code at the token's address.</summary>
    TokenHasNoCode,

    /// <summary><c>authorizationState</c> cannot be called.</summary>
    Eip3009NotSupported,

    /// <summary>Used or cancelled.</summary>
    NonceUsed,

    /// <summary>The token's <c>name()</c> is another.</summary>
    NameMismatch,

    /// <summary>The token's <c>version()</c> is another.</summary>
    VersionMismatch,

    /// <summary>Too few atoms.</summary>
    InsufficientBalance,

    /// <summary>After the factory was called there is no code at the payer's address (ERC-6492).</summary>
    DeploymentFailed,

    /// <summary>The wallet that the factory deploys does not take the signature (ERC-1271).</summary>
    SignatureRefused,

    /// <summary>It reverts for another reason.</summary>
    SimulationFailed,
}

/// <summary>The node's answer to signed bytes.</summary>
/// <param name="Status">What is known.</param>
/// <param name="Rejection">The class of a rejection.</param>
/// <param name="Message">The node's words, cut to 500 characters; for logs only, never parsed further.</param>
public sealed record Submission(SubmissionStatus Status, SubmissionRejection Rejection = SubmissionRejection.None, string Message = "");

/// <summary>What is known after handing over signed bytes.</summary>
public enum SubmissionStatus
{
    /// <summary>In the pool, now or before.</summary>
    Accepted,

    /// <summary>The node refused it and it is not in the pool.</summary>
    Rejected,

    /// <summary>No usable answer: it may or may not have been taken.</summary>
    Unknown,
}

/// <summary>Why a node refused signed bytes; nodes word it differently, so this is by class.</summary>
public enum SubmissionRejection
{
    /// <summary>Not rejected.</summary>
    None,

    /// <summary>The nonce is mined already, by this transaction or another.</summary>
    NonceTooLow,

    /// <summary>Another transaction with this nonce waits at a price this one does not beat.</summary>
    ReplacementUnderpriced,

    /// <summary>The key cannot pay the gas.</summary>
    InsufficientFunds,

    /// <summary>The offered fee is below what the next block demands.</summary>
    FeeTooLow,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>What to offer for gas.</summary>
/// <param name="IsLegacy">Send a legacy transaction with <paramref name="MaxFeePerGas"/> as its gas price.</param>
/// <param name="MaxFeePerGas">Wei.</param>
/// <param name="MaxPriorityFeePerGas">Wei; 0 when legacy.</param>
public sealed record FeeQuote(bool IsLegacy, UInt256 MaxFeePerGas, UInt256 MaxPriorityFeePerGas);

/// <summary>A mined transaction.</summary>
/// <param name="Transaction">Its hash.</param>
/// <param name="Succeeded">Receipt status 1.</param>
/// <param name="Block">Where.</param>
/// <param name="Logs">All logs in order.</param>
/// <param name="GasUsed">Gas.</param>
/// <param name="EffectiveGasPrice">Wei per gas.</param>
public sealed record TransactionReceipt(Bytes32 Transaction, bool Succeeded, BlockCursor Block, IReadOnlyList<EventLog> Logs, ulong GasUsed, UInt256 EffectiveGasPrice)
{
    /// <summary>What the receipt shows of one authorization: pure, from the logs of the token alone.</summary>
    public TransferProof Prove(Address token, Address from, Address to, UInt256 value, Bytes32 nonce) =>
        TransferProof.Read(this, token, from, to, value, nonce);
}

/// <summary>A log entry.</summary>
/// <param name="Address">The contract that emitted it.</param>
/// <param name="Topics">Up to four.</param>
/// <param name="Data">The rest.</param>
public sealed record EventLog(Address Address, IReadOnlyList<Bytes32> Topics, ReadOnlyMemory<byte> Data);

/// <summary>What became of an authorization on chain.</summary>
/// <param name="Fate">Used, cancelled, or no trace.</param>
/// <param name="Receipt">The transaction that used it; null unless used.</param>
/// <param name="SearchedTo">Without a trace: the last block that was searched, short of the head when there was too much to look at; null when there was none.</param>
public sealed record AuthorizationTrace(AuthorizationFate Fate, TransactionReceipt? Receipt, ulong? SearchedTo = null);

/// <summary>What became of an authorization.</summary>
public enum AuthorizationFate
{
    /// <summary>No log names it.</summary>
    NoTrace,

    /// <summary>AuthorizationUsed.</summary>
    Used,

    /// <summary>AuthorizationCanceled.</summary>
    Canceled,
}

/// <summary>A place in the chain.</summary>
/// <param name="Number">Height.</param>
/// <param name="Hash">Hash; two blocks of one height differ here.</param>
public readonly record struct BlockCursor(ulong Number, Bytes32 Hash);

/// <summary>A block's header.</summary>
/// <param name="Cursor">Height and hash.</param>
/// <param name="Parent">Hash of the block before.</param>
/// <param name="Timestamp">Unix seconds.</param>
/// <param name="BaseFeePerGas">Wei; null before London.</param>
/// <param name="Transactions">Hashes of its transactions, in order.</param>
public sealed record BlockHeader(BlockCursor Cursor, Bytes32 Parent, ulong Timestamp, UInt256? BaseFeePerGas, IReadOnlyList<Bytes32> Transactions)
{
    /// <summary>Gas of all its transactions at most; null where it was not told.</summary>
    public ulong? GasLimit { get; init; }
}

/// <summary>One step along the chain.</summary>
/// <param name="Kind">A block was added or lost.</param>
/// <param name="Block">Which.</param>
public sealed record ChainStep(ChainStepKind Kind, BlockHeader Block);

/// <summary>Added or lost.</summary>
public enum ChainStepKind
{
    /// <summary>The next block.</summary>
    Connected,

    /// <summary>A block given before is no longer part of the chain.</summary>
    Disconnected,
}

/// <summary>A node does not answer, or answers what cannot be true. Says nothing about any payment.</summary>
public sealed class ChainUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);

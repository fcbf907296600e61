using System.Globalization;
using System.Runtime.CompilerServices;
using AgentPay.Chains.Evm;
using AgentPay.Storage.Tests.Memory;

namespace AgentPay.Grains.Tests.Replays;

/// <summary>A chain whose node is some turns of the thread pool away, there and back; what is handed over is noted.</summary>
internal sealed class DistantChain(IEvmChain chain, Pace pace, ReplayTrace trace) : IEvmChain
{
    public string Network => chain.Network;

    public ulong ChainId => chain.ChainId;

    public IPermit2Chain? Permit2 => chain.Permit2;

    public Task<TransferReading> ReadTransferAsync(Eip3009Transfer transfer, CancellationToken cancellationToken) => AskAsync(() => chain.ReadTransferAsync(transfer, cancellationToken));

    public Task<bool> IsValidSignatureAsync(Address wallet, Bytes32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken) =>
        AskAsync(() => chain.IsValidSignatureAsync(wallet, digest, signature, cancellationToken));

    public Task<ulong> ReadTransactionCountAsync(Address account, bool pending, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadTransactionCountAsync(account, pending, cancellationToken));

    public Task<ulong> ReadTransactionCountAtAsync(Address account, ulong height, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadTransactionCountAtAsync(account, height, cancellationToken));

    public Task<bool> HasCodeAsync(Address account, CancellationToken cancellationToken) => AskAsync(() => chain.HasCodeAsync(account, cancellationToken));

    public Task<FeeQuote> ReadFeesAsync(CancellationToken cancellationToken) => AskAsync(() => chain.ReadFeesAsync(cancellationToken));

    public Task<ulong?> EstimateGasAsync(Address from, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        AskAsync(() => chain.EstimateGasAsync(from, to, data, cancellationToken));

    public Task<Submission> SubmitAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var submission = await chain.SubmitAsync(signedTransaction, cancellationToken);
        trace.Add(string.Create(CultureInfo.InvariantCulture, $"submit {Convert.ToHexStringLower(signedTransaction.Span)} {submission}"));
        return submission;
    });

    public Task<IReadOnlyList<TransactionReceipt?>> ReadReceiptsAsync(IReadOnlyList<Bytes32> transactions, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadReceiptsAsync(transactions, cancellationToken));

    public Task<bool> KnowsTransactionAsync(Bytes32 transaction, CancellationToken cancellationToken) => AskAsync(() => chain.KnowsTransactionAsync(transaction, cancellationToken));

    public Task<bool> ReadAuthorizationStateAsync(Address token, Address payer, Bytes32 nonce, BlockTag? block, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadAuthorizationStateAsync(token, payer, nonce, block, cancellationToken));

    public Task<AuthorizationTrace> FindAuthorizationAsync(Address token, Address payer, Bytes32 nonce, ulong fromBlock, CancellationToken cancellationToken) =>
        AskAsync(() => chain.FindAuthorizationAsync(token, payer, nonce, fromBlock, cancellationToken));

    public Task<BlockHeader?> ReadBlockAsync(BlockTag block, CancellationToken cancellationToken) => AskAsync(() => chain.ReadBlockAsync(block, cancellationToken));

    public Task<ChainFinality> ReadFinalityAsync(ulong safeDepth, ulong finalDepth, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadFinalityAsync(safeDepth, finalDepth, cancellationToken));

    public async IAsyncEnumerable<ChainStep> FollowAsync(BlockCursor? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var step in chain.FollowAsync(from, cancellationToken).ConfigureAwait(false))
        {
            await pace.WaitAsync().ConfigureAwait(false);
            yield return step;
        }
    }

    public Task<UInt256> ReadTokenBalanceAsync(Address token, Address owner, BlockTag? block, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadTokenBalanceAsync(token, owner, block, cancellationToken));

    public Task<UInt256> ReadBalanceAsync(Address account, CancellationToken cancellationToken) => AskAsync(() => chain.ReadBalanceAsync(account, cancellationToken));

    public Task<UInt256> ReadDataFeeAsync(ReadOnlyMemory<byte> signedTransaction, CancellationToken cancellationToken) =>
        AskAsync(() => chain.ReadDataFeeAsync(signedTransaction, cancellationToken));

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        await pace.WaitAsync().ConfigureAwait(false);
        try
        {
            return await ask().ConfigureAwait(false);
        }
        finally
        {
            await pace.WaitAsync().ConfigureAwait(false);
        }
    }
}

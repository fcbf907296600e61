using AgentPay.Chains.Evm;
using AgentPay.Chains.Tests.Evm.Rpc;

namespace AgentPay.Chains.Tests.Conformance;

/// <summary>What every chain must do alike, a real node's and the simulated one: only so can the simulated one stand in for it.</summary>
public abstract class EvmChainContract : IAsyncLifetime
{
    private static int payers;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract IEvmChain Chain { get; }

    /// <summary>Pays gas.</summary>
    protected abstract EvmSigner Operator { get; }

    /// <summary>"USD Coin", version "2".</summary>
    protected abstract Address Token { get; }

    public abstract ValueTask InitializeAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_transfer_goes_from_accepted_to_used_with_its_proof()
    {
        var transfer = await TransferAsync();
        Assert.Equal(TransferVerdict.Accepted, await VerdictAsync(transfer));
        Assert.False(await StateAsync(transfer));

        var sent = await SendAsync(transfer);
        Assert.Null(Assert.Single(await Chain.ReadReceiptsAsync([sent.Hash], Stop)));
        Assert.True(await Chain.KnowsTransactionAsync(sent.Hash, Stop));
        await MineAsync();

        var receipt = Assert.Single(await Chain.ReadReceiptsAsync([sent.Hash], Stop))!;
        Assert.Equal(TransferProof.Whole, receipt.Prove(Token, transfer.From, transfer.To, transfer.Value, transfer.Nonce));
        Assert.Equal(TransferProof.TransferMissing, receipt.Prove(Token, transfer.From, transfer.To, transfer.Value + UInt256.One, transfer.Nonce));
        Assert.True(await StateAsync(transfer));
        Assert.Equal(TransferVerdict.NonceUsed, await VerdictAsync(transfer));
        var trace = await Chain.FindAuthorizationAsync(Token, transfer.From, transfer.Nonce, 0, Stop);
        Assert.Equal((AuthorizationFate.Used, sent.Hash), (trace.Fate, trace.Receipt!.Transaction));
    }

    [Fact]
    public async Task An_authorization_nobody_used_has_no_trace()
    {
        var transfer = await TransferAsync();

        Assert.Equal(AuthorizationFate.NoTrace, (await Chain.FindAuthorizationAsync(Token, transfer.From, transfer.Nonce, 0, Stop)).Fate);
    }

    [Fact]
    public async Task A_balance_that_just_suffices_is_accepted_and_one_atom_less_is_not()
    {
        Assert.Equal(TransferVerdict.Accepted, await VerdictAsync(await TransferAsync(balance: 100, value: 100)));
        Assert.Equal(TransferVerdict.InsufficientBalance, await VerdictAsync(await TransferAsync(balance: 99, value: 100)));
    }

    [Fact]
    public async Task A_tokens_balance_is_told_to_the_atom()
    {
        var transfer = await TransferAsync(balance: 99);

        Assert.Equal((UInt256)99UL, await Chain.ReadTokenBalanceAsync(Token, transfer.From, null, Stop));
        Assert.Equal(UInt256.Zero, await Chain.ReadTokenBalanceAsync(Token, Token, null, Stop));
    }

    [Fact]
    public async Task A_tokens_balance_is_told_as_of_a_block()
    {
        var transfer = await TransferAsync(balance: 100, value: 40);
        var before = (await Chain.ReadBlockAsync(BlockTag.Latest, Stop))!.Cursor.Number;

        await SendAsync(transfer);
        await MineAsync();

        var after = (await Chain.ReadBlockAsync(BlockTag.Latest, Stop))!.Cursor.Number;
        Assert.Equal((UInt256)100UL, await Chain.ReadTokenBalanceAsync(Token, transfer.From, BlockTag.At(before), Stop));
        Assert.Equal((UInt256)60UL, await Chain.ReadTokenBalanceAsync(Token, transfer.From, BlockTag.At(after), Stop));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Chain.ReadTokenBalanceAsync(Token, transfer.From, BlockTag.At(after + 1_000), Stop));
    }

    [Fact]
    public async Task Each_reason_against_a_transfer_has_its_verdict()
    {
        Assert.Equal(TransferVerdict.NameMismatch, await VerdictAsync(await TransferAsync(change: transfer => transfer with { DomainName = "Euro" })));
        Assert.Equal(TransferVerdict.VersionMismatch, await VerdictAsync(await TransferAsync(change: transfer => transfer with { DomainVersion = "1" })));
        Assert.Equal(TransferVerdict.TokenHasNoCode, await VerdictAsync(await TransferAsync(change: transfer => transfer with { Token = TestTransfers.Payee })));
        Assert.Equal(TransferVerdict.SimulationFailed, await VerdictAsync(await TransferAsync(change: transfer => transfer with { ValidBefore = 1UL })));
        Assert.Equal(TransferVerdict.SimulationFailed, await VerdictAsync(await TransferAsync(change: transfer => transfer with { ValidAfter = 3_999_999_999UL })));
        var transfer = await TransferAsync();
        Assert.Equal(TransferVerdict.SimulationFailed, await VerdictAsync(transfer with { To = Token }));
    }

    [Fact]
    public async Task A_reverted_call_uses_the_nonce_of_its_sender_and_not_the_authorization()
    {
        var transfer = await TransferAsync(balance: 1, value: 2);
        var before = await Chain.ReadTransactionCountAsync(Operator.Address, pending: false, Stop);

        var sent = await SendAsync(transfer);
        await MineAsync();

        var receipt = Assert.Single(await Chain.ReadReceiptsAsync([sent.Hash], Stop))!;
        Assert.False(receipt.Succeeded);
        Assert.Empty(receipt.Logs);
        Assert.False(await StateAsync(transfer));
        Assert.Equal(before + 1, await Chain.ReadTransactionCountAsync(Operator.Address, pending: false, Stop));
        Assert.Null(await Chain.EstimateGasAsync(Operator.Address, Token, Eip3009.Calldata(transfer), Stop));
    }

    [Fact]
    public async Task The_pool_counts_as_pending_only()
    {
        var (first, second) = (await TransferAsync(), await TransferAsync());
        var before = await Chain.ReadTransactionCountAsync(Operator.Address, pending: false, Stop);
        await SendAsync(first);
        await SendAsync(second);

        Assert.Equal(before, await Chain.ReadTransactionCountAsync(Operator.Address, pending: false, Stop));
        Assert.Equal(before + 2, await Chain.ReadTransactionCountAsync(Operator.Address, pending: true, Stop));
        await MineAsync();
        Assert.Equal(before + 2, await Chain.ReadTransactionCountAsync(Operator.Address, pending: false, Stop));
    }

    [Fact]
    public async Task The_same_bytes_are_accepted_again_while_they_wait_and_their_nonce_is_too_low_once_mined()
    {
        var sent = await SendAsync(await TransferAsync());

        Assert.Equal(SubmissionStatus.Accepted, (await Chain.SubmitAsync(sent.Raw, Stop)).Status);
        await MineAsync();
        Assert.Equal(SubmissionRejection.NonceTooLow, (await Chain.SubmitAsync(sent.Raw, Stop)).Rejection);
    }

    [Fact]
    public async Task Another_transaction_of_a_waiting_nonce_at_the_same_price_is_refused()
    {
        var other = await TransferAsync();
        var first = await SendAsync(await TransferAsync());
        var nonce = EvmTransaction.Decode(first.Raw.Span).Request.Nonce;

        var rival = Sign(other, nonce);
        Assert.Equal(SubmissionRejection.ReplacementUnderpriced, (await Chain.SubmitAsync(rival.Raw, Stop)).Rejection);
        await MineAsync();
        Assert.NotNull((await Chain.ReadReceiptsAsync([first.Hash, rival.Hash], Stop))[0]);
    }

    [Fact]
    public async Task Bytes_that_are_no_transaction_or_of_another_chain_are_refused()
    {
        Assert.Equal(SubmissionStatus.Rejected, (await Chain.SubmitAsync(new byte[] { 2, 1, 0 }, Stop)).Status);
        var elsewhere = Operator.Sign(new TransactionRequest(Chain.ChainId + 1, 0, 200_000, new FeeQuote(false, 9_000_000_000UL, 1UL), Token, 0UL, default));
        Assert.Equal(SubmissionStatus.Rejected, (await Chain.SubmitAsync(elsewhere.Raw, Stop)).Status);
    }

    [Fact]
    public async Task What_the_node_never_saw_has_no_receipt_and_is_not_known()
    {
        var stranger = Eip712.HashText("never sent");

        Assert.Null(Assert.Single(await Chain.ReadReceiptsAsync([stranger], Stop)));
        Assert.False(await Chain.KnowsTransactionAsync(stranger, Stop));
    }

    [Fact]
    public async Task A_follower_gets_each_block_once_and_hears_of_lost_ones_newest_first()
    {
        var from = (await Chain.ReadBlockAsync(BlockTag.Latest, Stop))!.Cursor;
        await using var steps = Chain.FollowAsync(from, Stop).GetAsyncEnumerator(Stop);
        await MineAsync();
        var first = await NextAsync(steps, ChainStepKind.Connected);
        await MineAsync();
        var second = await NextAsync(steps, ChainStepKind.Connected);
        Assert.Equal((from.Number + 1, from.Hash, from.Number + 2), (first.Cursor.Number, first.Parent, second.Cursor.Number));

        await ReorganizeAsync(2);
        Assert.Equal(second.Cursor, (await NextAsync(steps, ChainStepKind.Disconnected)).Cursor);
        Assert.Equal(first.Cursor, (await NextAsync(steps, ChainStepKind.Disconnected)).Cursor);
        var third = await NextAsync(steps, ChainStepKind.Connected);
        Assert.Equal((from.Number + 1, from.Hash), (third.Cursor.Number, third.Parent));
        Assert.NotEqual(first.Cursor.Hash, third.Cursor.Hash);
    }

    [Fact]
    public async Task The_nodes_own_tags_say_what_is_safe_and_final_whatever_the_depths()
    {
        for (var i = 0; i < 66; i++)
        {
            await MineAsync();
        }

        var finality = await Chain.ReadFinalityAsync(1, 2, Stop);
        var head = (await Chain.ReadBlockAsync(BlockTag.Latest, Stop))!.Cursor;
        Assert.Equal((head, head.Number - 32, head.Number - 64), (finality.Head.Cursor, finality.Safe!.Cursor.Number, finality.Final!.Cursor.Number));
        Assert.Equal((FinalityBasis.Tag, FinalityBasis.Tag), (finality.SafeBasis, finality.FinalBasis));
    }

    [Fact]
    public async Task A_block_lists_its_transactions_in_order()
    {
        var (first, second) = (await TransferAsync(), await TransferAsync());
        var one = await SendAsync(first);
        var two = await SendAsync(second);
        await MineAsync();

        var block = await Chain.ReadBlockAsync(BlockTag.Latest, Stop);
        Assert.Equal([one.Hash, two.Hash], block!.Transactions);
        Assert.Null(await Chain.ReadBlockAsync(BlockTag.At(block.Cursor.Number + 1), Stop));
    }

    protected abstract Task MintAsync(Address to, ulong atoms);

    protected abstract Task MineAsync();

    protected abstract Task ReorganizeAsync(int depth);

    private static async Task<BlockHeader> NextAsync(IAsyncEnumerator<ChainStep> steps, ChainStepKind kind)
    {
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal(kind, steps.Current.Kind);
        return steps.Current.Block;
    }

    private async Task<Eip3009Transfer> TransferAsync(ulong balance = 1000, ulong value = 10, Func<Eip3009Transfer, Eip3009Transfer>? change = null)
    {
        using var payer = TestTransfers.Payer($"{GetType().Name} {Interlocked.Increment(ref payers)}");
        await MintAsync(payer.Address, balance);
        var transfer = TestTransfers.Unsigned(Token, payer.Address, value);
        return (change?.Invoke(transfer) ?? transfer).Signed(payer, Chain.ChainId);
    }

    private async Task<SignedTransaction> SendAsync(Eip3009Transfer transfer)
    {
        var signed = Sign(transfer, await Chain.ReadTransactionCountAsync(Operator.Address, pending: true, Stop));
        Assert.Equal(SubmissionStatus.Accepted, (await Chain.SubmitAsync(signed.Raw, Stop)).Status);
        return signed;
    }

    private SignedTransaction Sign(Eip3009Transfer transfer, ulong nonce) => Operator.Sign(new TransactionRequest(
        Chain.ChainId, nonce, 200_000, new FeeQuote(false, 9_000_000_000UL, 1_000_000_000UL), transfer.Token, 0UL, Eip3009.Calldata(transfer)));

    private async Task<TransferVerdict> VerdictAsync(Eip3009Transfer transfer) => (await Chain.ReadTransferAsync(transfer, Stop)).Verdict;

    private Task<bool> StateAsync(Eip3009Transfer transfer) => Chain.ReadAuthorizationStateAsync(Token, transfer.From, transfer.Nonce, null, Stop);
}

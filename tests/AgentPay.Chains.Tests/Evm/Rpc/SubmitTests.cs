using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class SubmitTests(Anvil anvil) : IClassFixture<Anvil>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_submitted_transfer_is_proven_by_its_receipt()
    {
        using var chain = anvil.Chain();
        var payer = TestTransfers.Payer("submit");
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, payer.Address, 7UL);
        var transfer = TestTransfers.Unsigned(token, payer.Address, 7UL).Signed(payer, anvil.ChainId);
        var signed = await anvil.SignAsync(token, Eip3009.Calldata(transfer));
        Assert.False(await chain.ReadAuthorizationStateAsync(token, payer.Address, transfer.Nonce, null, Token));
        var before = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor.Number;

        Assert.Equal(new Submission(SubmissionStatus.Accepted), await chain.SubmitAsync(signed.Raw, Token));
        await anvil.MineAsync();

        Assert.True(await chain.KnowsTransactionAsync(signed.Hash, Token));
        Assert.False(await chain.KnowsTransactionAsync(Bytes32.Keccak("none"u8), Token));
        var receipts = await chain.ReadReceiptsAsync([Bytes32.Keccak("none"u8), signed.Hash], Token);
        Assert.Null(receipts[0]);
        Assert.Equal(signed.Hash, receipts[1]!.Transaction);
        Assert.Equal(TransferProof.Whole, receipts[1]!.Prove(token, payer.Address, TestTransfers.Payee, 7UL, transfer.Nonce));
        Assert.Equal(TransferProof.TransferMissing, receipts[1]!.Prove(token, payer.Address, TestTransfers.Payee, 8UL, transfer.Nonce));
        var block = await chain.ReadBlockAsync(BlockTag.At(receipts[1]!.Block.Number), Token);
        Assert.Equal(receipts[1]!.Block, block!.Cursor);
        Assert.Contains(signed.Hash, block.Transactions);
        Assert.True(await chain.ReadAuthorizationStateAsync(token, payer.Address, transfer.Nonce, null, Token));
        Assert.False(await chain.ReadAuthorizationStateAsync(token, payer.Address, transfer.Nonce, BlockTag.At(before), Token));
    }

    [Fact]
    public async Task A_reverted_transaction_proves_nothing()
    {
        using var chain = anvil.Chain();
        var token = await anvil.DeployTokenAsync();
        var payer = TestTransfers.Payer("poor");
        var transfer = TestTransfers.Unsigned(token, payer.Address, 7UL).Signed(payer, anvil.ChainId);
        Assert.Null(await chain.EstimateGasAsync(anvil.Operator.Address, token, Eip3009.Calldata(transfer), Token));
        var signed = await anvil.SignAsync(token, Eip3009.Calldata(transfer));
        await chain.SubmitAsync(signed.Raw, Token);
        await anvil.MineAsync();
        var receipt = (await chain.ReadReceiptsAsync([signed.Hash], Token))[0]!;
        Assert.False(receipt.Succeeded);
        Assert.Equal(TransferProof.None, receipt.Prove(token, payer.Address, TestTransfers.Payee, 7UL, transfer.Nonce));
    }

    [Fact]
    public async Task Refusals_are_told_by_class()
    {
        Assert.Equal(SubmissionRejection.InsufficientFunds, await RefusedAsync(request => request with { Value = UInt256.MaxValue }));
        Assert.Equal(SubmissionRejection.FeeTooLow, await RefusedAsync(request => request with { Fees = new FeeQuote(false, 1UL, 1UL) }));
        Assert.Equal(SubmissionRejection.Other, await RefusedAsync(request => request with { GasLimit = 20_000 }));
        Assert.Equal(SubmissionRejection.Other, await RefusedAsync(request => request with { ChainId = 1 }));
        using var chain = anvil.Chain();
        await chain.SubmitAsync((await anvil.SignAsync(TestTransfers.Payee, [], anvil.Second)).Raw, Token);
        await anvil.MineAsync();
        Assert.Equal(SubmissionRejection.NonceTooLow, await RefusedAsync(request => request with { Nonce = 0 }));
        Assert.Equal(
            new Submission(SubmissionStatus.Rejected, SubmissionRejection.Other), await chain.SubmitAsync(new byte[] { 2, 0xF8 }, Token) with { Message = "" });
    }

    [Fact]
    public async Task The_same_bytes_again_are_accepted_while_they_wait_and_a_cheap_rival_is_refused()
    {
        using var chain = anvil.Chain();
        await anvil.CallAsync("evm_setAutomine", "[false]");
        var account = anvil.Operator.Address;
        var mined = await chain.ReadTransactionCountAsync(account, pending: false, Token);
        var signed = await anvil.SignAsync(TestTransfers.Payee, []);
        Assert.Equal(SubmissionStatus.Accepted, (await chain.SubmitAsync(signed.Raw, Token)).Status);
        Assert.Equal(SubmissionStatus.Accepted, (await chain.SubmitAsync(signed.Raw, Token)).Status);
        Assert.Null((await chain.ReadReceiptsAsync([signed.Hash], Token))[0]);
        Assert.Equal(mined, await chain.ReadTransactionCountAsync(account, pending: false, Token));
        Assert.Equal(mined + 1, await chain.ReadTransactionCountAsync(account, pending: true, Token));

        var rival = await anvil.SignAsync(TestTransfers.Payee, [1], change: request => request with { Nonce = mined });
        Assert.Equal(SubmissionRejection.ReplacementUnderpriced, (await chain.SubmitAsync(rival.Raw, Token)).Rejection);
        await anvil.CallAsync("evm_setAutomine", "[true]");
        await anvil.MineAsync();
    }

    [Fact]
    public async Task Fees_cover_twice_the_base_fee_and_a_tip()
    {
        using var chain = anvil.Chain();
        var baseFee = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.BaseFeePerGas!.Value;
        var fees = await chain.ReadFeesAsync(Token);
        Assert.False(fees.IsLegacy);
        Assert.True(fees.MaxPriorityFeePerGas > UInt256.Zero);
        Assert.Equal((baseFee * 2UL) + fees.MaxPriorityFeePerGas, fees.MaxFeePerGas);
    }

    [Fact]
    public async Task A_call_that_works_has_an_estimate_and_a_rich_account_a_balance()
    {
        using var chain = anvil.Chain();
        Assert.Equal(21_000UL, await chain.EstimateGasAsync(anvil.Operator.Address, TestTransfers.Payee, ReadOnlyMemory<byte>.Empty, Token));
        Assert.True(await chain.ReadBalanceAsync(anvil.Operator.Address, Token) > 1_000_000_000_000_000_000UL);
        Assert.Equal(UInt256.Zero, await chain.ReadBalanceAsync(Address.Parse("0x7777777777777777777777777777777777777777"), Token));
    }

    private async Task<SubmissionRejection> RefusedAsync(Func<TransactionRequest, TransactionRequest> change)
    {
        using var chain = anvil.Chain();
        var signed = await anvil.SignAsync(TestTransfers.Payee, [], anvil.Second, change);
        var submission = await chain.SubmitAsync(signed.Raw, Token);
        Assert.Equal(SubmissionStatus.Rejected, submission.Status);
        return submission.Rejection;
    }
}

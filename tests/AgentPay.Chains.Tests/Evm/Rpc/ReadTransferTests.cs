using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class ReadTransferTests(Anvil anvil) : IClassFixture<Anvil>
{
    private const string AnswersValid = "631626ba7e60e01b60005260206000f3";
    private const string AnswersInvalid = "63ffffffff60e01b60005260206000f3";
    private readonly EvmSigner _payer = TestTransfers.Payer("payer");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transfer_the_token_takes_is_accepted_up_to_the_last_atom()
    {
        var transfer = await FundedAsync(100UL);
        Assert.Equal(new TransferReading(false, TransferVerdict.Accepted), await ReadAsync(transfer));
        Assert.Equal(TransferVerdict.InsufficientBalance, (await ReadAsync((transfer with { Value = 101UL }).Signed(_payer, anvil.ChainId))).Verdict);
    }

    [Fact]
    public async Task An_address_without_code_is_no_token()
    {
        var transfer = TestTransfers.Unsigned(Address.Parse("0x1111111111111111111111111111111111111111"), _payer.Address, 1UL).Signed(_payer, anvil.ChainId);
        Assert.Equal(TransferVerdict.TokenHasNoCode, (await ReadAsync(transfer)).Verdict);
    }

    [Fact]
    public async Task A_contract_without_authorization_state_is_no_such_token()
    {
        var contract = Address.Parse("0x2222222222222222222222222222222222222222");
        await anvil.SetCodeAsync(contract, "60006000fd");
        var transfer = TestTransfers.Unsigned(contract, _payer.Address, 1UL).Signed(_payer, anvil.ChainId);
        Assert.Equal(TransferVerdict.Eip3009NotSupported, (await ReadAsync(transfer)).Verdict);
    }

    [Fact]
    public async Task A_used_nonce_is_found_before_anything_else_is_wrong()
    {
        var transfer = await FundedAsync(100UL);
        using var chain = anvil.Chain();
        await chain.SubmitAsync((await anvil.SignAsync(transfer.Token, Eip3009.Calldata(transfer))).Raw, Token);
        await anvil.MineAsync();
        Assert.Equal(TransferVerdict.NonceUsed, (await ReadAsync(transfer with { DomainName = "USDC", Value = 101UL })).Verdict);
    }

    [Fact]
    public async Task Name_then_version_then_balance_is_the_order_of_reasons()
    {
        var transfer = await FundedAsync(100UL) with { Value = 101UL };
        Assert.Equal(TransferVerdict.NameMismatch, (await ReadSignedAsync(transfer with { DomainName = "USDC", DomainVersion = "1" })).Verdict);
        Assert.Equal(TransferVerdict.VersionMismatch, (await ReadSignedAsync(transfer with { DomainVersion = "1" })).Verdict);
        Assert.Equal(TransferVerdict.InsufficientBalance, (await ReadSignedAsync(transfer)).Verdict);
    }

    [Fact]
    public async Task Any_other_revert_is_a_failed_simulation()
    {
        var transfer = await FundedAsync(100UL);
        Assert.Equal(TransferVerdict.SimulationFailed, (await ReadSignedAsync(transfer with { ValidBefore = 1UL })).Verdict);
        Assert.Equal(TransferVerdict.SimulationFailed, (await ReadAsync(transfer with { To = anvil.Operator.Address })).Verdict);
        Assert.Equal(TransferVerdict.SimulationFailed, (await ReadAsync(transfer with { Signature = new byte[65] })).Verdict);
        Assert.Equal(TransferVerdict.SimulationFailed, (await ReadAsync(transfer with { Signature = new byte[64] })).Verdict);
        Assert.Equal(TransferVerdict.SimulationFailed, (await ReadAsync(transfer.Signed(_payer, anvil.ChainId + 1))).Verdict);
    }

    [Fact]
    public async Task A_wallet_contract_pays_when_it_says_so()
    {
        var wallet = Address.Parse("0x3333333333333333333333333333333333333333");
        await anvil.SetCodeAsync(wallet, AnswersValid);
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, wallet, 5UL);
        var transfer = TestTransfers.Unsigned(token, wallet, 5UL) with { Signature = new byte[] { 1, 2, 3 } };
        Assert.Equal(new TransferReading(true, TransferVerdict.Accepted), await ReadAsync(transfer));

        await anvil.SetCodeAsync(wallet, AnswersInvalid);
        Assert.Equal(new TransferReading(true, TransferVerdict.SimulationFailed), await ReadAsync(transfer));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(27)]
    [InlineData(31)]
    [InlineData(32)]
    public async Task A_wallet_gets_65_bytes_as_they_are_whatever_the_last_one_is(byte last)
    {
        var wallet = Address.Parse("0x6666666666666666666666666666666666666666");
        await anvil.SetCodeAsync(wallet, AnswersValidFor(last));
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, wallet, 5UL);
        var unsigned = TestTransfers.Unsigned(token, wallet, 5UL);
        var signature = _payer.SignDigest(Eip3009.Digest(unsigned, anvil.ChainId)).ToArray();
        signature[64] = last;
        Assert.Equal(new TransferReading(true, TransferVerdict.Accepted), await ReadAsync(unsigned with { Signature = signature }));

        signature[64] ^= 0x40;
        Assert.Equal(new TransferReading(true, TransferVerdict.SimulationFailed), await ReadAsync(unsigned with { Signature = signature }));
    }

    [Fact]
    public async Task An_account_that_delegated_to_a_contract_is_judged_by_it_and_not_by_its_key()
    {
        var wallet = Address.Parse("0x7777777777777777777777777777777777777777");
        await anvil.SetCodeAsync(wallet, AnswersValidFor(31));
        using var delegator = TestTransfers.Payer("delegator");
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, delegator.Address, 100UL);
        var transfer = TestTransfers.Unsigned(token, delegator.Address, 100UL).Signed(delegator, anvil.ChainId);
        await anvil.SetCodeAsync(delegator.Address, $"ef0100{wallet.ToString()[2..]}");
        Assert.Equal(new TransferReading(true, TransferVerdict.SimulationFailed), await ReadAsync(transfer));

        var opaque = transfer.Signature.ToArray();
        opaque[64] = 31;
        Assert.Equal(new TransferReading(true, TransferVerdict.Accepted), await ReadAsync(transfer with { Signature = opaque }));
    }

    [Fact]
    public async Task A_wallet_that_burns_all_gas_is_a_verdict_and_not_a_node_in_trouble()
    {
        var wallet = Address.Parse("0x4444444444444444444444444444444444444444");
        await anvil.SetCodeAsync(wallet, "5b600056");
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, wallet, 5UL);
        var transfer = TestTransfers.Unsigned(token, wallet, 5UL) with { Signature = new byte[] { 1 } };
        Assert.Equal(new TransferReading(true, TransferVerdict.SimulationFailed), await ReadAsync(transfer));
    }

    [Fact]
    public async Task Many_reads_at_once_each_get_their_own_answer()
    {
        var transfer = await FundedAsync(100UL);
        using var chain = anvil.Chain();
        var reads = Enumerable.Range(0, 300).Select(i => chain.ReadTransferAsync(
            (transfer with { Value = (ulong)i, Nonce = Eip712.HashText($"many {i}") }).Signed(_payer, anvil.ChainId), Token));
        var readings = await Task.WhenAll(reads);
        for (var i = 0; i < readings.Length; i++)
        {
            Assert.Equal(i <= 100 ? TransferVerdict.Accepted : TransferVerdict.InsufficientBalance, readings[i].Verdict);
        }
    }

    [Theory]
    [InlineData(AnswersValid, true)]
    [InlineData(AnswersInvalid, false)]
    [InlineData("", false)]
    [InlineData("60006000fd", false)]
    [InlineData("fe", false)]
    [InlineData("5b600056", false)]
    [InlineData("631626ba7e60e01b60011760005260206000f3", false)]
    [InlineData("631626ba7e60e01b60005260046000f3", false)]
    [InlineData("631626ba7e60e01b60005260216000f3", false)]
    [InlineData("631626ba7e60005260206000f3", false)]
    [InlineData("6203d0906000f3", false)]
    public async Task Only_the_padded_magic_word_makes_a_wallet_signature_valid(string code, bool isValid)
    {
        var wallet = Address.Parse("0x5555555555555555555555555555555555555555");
        await anvil.SetCodeAsync(wallet, code);
        using var chain = anvil.Chain();
        Assert.Equal(isValid, await chain.IsValidSignatureAsync(wallet, default, new byte[65], Token));
    }

    /// <summary>A wallet that takes any signature whose 65th byte is this one.</summary>
    private static string AnswersValidFor(byte last) => $"60a43560f81c60{last:x2}14631626ba7e60e01b0260005260206000f3";

    private async Task<Eip3009Transfer> FundedAsync(UInt256 value)
    {
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, _payer.Address, value);
        return TestTransfers.Unsigned(token, _payer.Address, value).Signed(_payer, anvil.ChainId);
    }

    private Task<TransferReading> ReadSignedAsync(Eip3009Transfer transfer) => ReadAsync(transfer.Signed(_payer, anvil.ChainId));

    private async Task<TransferReading> ReadAsync(Eip3009Transfer transfer)
    {
        using var chain = anvil.Chain();
        return await chain.ReadTransferAsync(transfer, Token);
    }
}

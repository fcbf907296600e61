using AgentPay.Chains.Evm;
using AgentPay.Chains.Evm.Simulated;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Facilitator;

namespace AgentPay.Grains.Tests.Facilitator;

/// <summary>What is said beforehand of a payer's own approval.</summary>
public sealed class ApprovalCheckTests : IDisposable
{
    private const ulong Fee = 2_000_000_000;
    private const ulong Cost = 100_000 * Fee;
    private const string NotTaken = "erc20_approval_broadcast_failed";
    private readonly EvmSigner payer = EvmSigner.Parse("0000000000000000000000000000000000000000000000000000000000000b0b");
    private readonly SimulatedEvmChain chain = new(84532, [], TimeProvider.System);
    private GasNeed? asked;

    public void Dispose() => payer.Dispose();

    [Theory]
    [InlineData(Fee, null)]
    [InlineData(Fee + 1, NotTaken)]
    public async Task A_tip_is_part_of_the_fee(ulong tip, string? code) => Assert.Equal(code, await RunAsync(new FeeQuote(false, Fee, tip), GiftVerdict.Fits));

    [Theory]
    [InlineData(Cost + 2_000, null)]
    [InlineData(Cost + 1_999, NotTaken)]
    public async Task Where_data_has_a_price_of_its_own_a_payer_owns_twice_that_too(ulong owned, string? code)
    {
        chain.DataFee = 1_000UL;
        chain.TellsBalance = (_, _) => owned;

        Assert.Equal(code, await RunAsync(new FeeQuote(false, Fee, 1UL), GiftVerdict.Refused));
        Assert.Equal(code is null ? null : new GasNeed(payer.Address.ToString(), 1, 100_000, Fee, 90_000), asked);
    }

    [Theory]
    [InlineData(GiftVerdict.Fits, null)]
    [InlineData(GiftVerdict.Waits, null)]
    [InlineData(GiftVerdict.Refused, NotTaken)]
    [InlineData(GiftVerdict.Spent, NotTaken)]
    [InlineData(GiftVerdict.Unfunded, NotTaken)]
    public async Task Who_lacks_coins_needs_the_keys_word(GiftVerdict verdict, string? code)
    {
        chain.SetFunded(payer.Address, isFunded: false);

        Assert.Equal(code, await RunAsync(new FeeQuote(false, Fee, 1UL), verdict));
    }

    [Fact]
    public async Task However_much_data_costs_it_is_an_answer()
    {
        chain.DataFee = UInt256.MaxValue;

        Assert.Equal(NotTaken, await RunAsync(new FeeQuote(false, Fee, 1UL), GiftVerdict.Refused));
        Assert.Equal(UInt128.MaxValue, asked!.Missing);
    }

    private Task<string?> RunAsync(FeeQuote fees, GiftVerdict verdict)
    {
        var request = new TransactionRequest(chain.ChainId, 0, 100_000, fees, Engine.Merchant, UInt256.Zero, default);
        var signed = payer.Sign(request);
        var transfer = new Permit2Transfer(Engine.Merchant, payer.Address, Engine.Merchant, 1UL, 1UL, UInt256.MaxValue, 0UL, new byte[65]);
        return ApprovalCheck.RunAsync(
            chain,
            transfer,
            new SignedApproval(request, signed.Hash, signed.Raw, UInt256.MaxValue),
            (need, _) =>
            {
                asked = need;
                return Task.FromResult(verdict);
            },
            Engine.Stop);
    }
}

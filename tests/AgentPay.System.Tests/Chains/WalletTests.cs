using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Chains;

/// <summary>Payers with code (ERC-1271, EIP-7702): the wallet is asked about the bytes as they came, whatever a key's signature would look like.</summary>
public sealed class WalletTests(AutomineWorld world) : IClassFixture<AutomineWorld>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(255)]
    public async Task A_wallet_pays_with_65_bytes_that_are_no_keys_signature(byte last)
    {
        var payment = await WalletPaymentAsync(last);
        payment.Signature = payment.Signature[..130] + last.ToString("x2", System.Globalization.CultureInfo.InvariantCulture);

        var verified = await world.Engine.VerifyAsync(payment);
        Assert.True(verified.IsValid, verified.Body);
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    [Fact]
    public async Task What_the_wallet_does_not_take_is_refused_although_its_key_signed()
    {
        var payment = await WalletPaymentAsync(31);

        Assert.Equal("invalid_exact_evm_signature", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal("invalid_exact_evm_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);
        Assert.Equal(0, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }

    [Fact]
    public async Task A_delegated_account_pays_by_its_contracts_word_and_not_by_its_key()
    {
        var delegated = await WalletPaymentAsync(31);
        var payment = await world.NewPaymentAsync();
        await world.Chain.CallAsync("anvil_setCode", payment.Payer.ToString(), $"0xef0100{delegated.Payer.ToString()[2..]}");
        Assert.Equal("invalid_exact_evm_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);

        payment.Signature = payment.Signature[..130] + "1f";
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    [Theory]
    [InlineData(27)]
    [InlineData(28)]
    public async Task A_keys_v_of_0_and_1_is_raised_and_of_31_refused(byte v)
    {
        var payment = await world.NewPaymentAsync();
        while (payment.Transfer.Signature.Span[64] != v)
        {
            payment = await world.NewPaymentAsync();
        }

        var signed = payment.Signature[..130];
        payment.Signature = signed + (v == 27 ? "1f" : "20");
        Assert.Equal("invalid_exact_evm_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);
        payment.Signature = signed + (v == 27 ? "00" : "01");
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    /// <summary>A payment from a wallet contract that takes any signature whose 65th byte is <paramref name="last"/>.</summary>
    private async Task<Payment> WalletPaymentAsync(byte last)
    {
        // isValidSignature's third argument word starts at 0x64: answers the magic word times (byte 0xa4 equals last).
        var code = $"0x60a43560f81c60{last:x2}14631626ba7e60e01b0260005260206000f3";
        using var key = await world.Chain.NewPayerAsync();
        using var other = await world.Chain.NewPayerAsync();
        await world.Chain.CallAsync("anvil_setCode", other.Address.ToString(), code);
        return Payment.Sign(world.Chain, key, change: transfer => transfer with { From = other.Address });
    }
}

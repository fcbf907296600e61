using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

/// <summary>Digest and calls against those of viem 2.55 for the same values; proofs from receipts.</summary>
public sealed class Permit2Tests
{
    private const string Words =
        "000000000000000000000000036cbd53842c5426634e7929541ec2318f3dcf7e0000000000000000000000000000000000000000000000000000000000002710"
        + "80000000000000000000000000000000000000000000000000000000000002010000000000000000000000000000000000000000000000000000000067c08c9a"
        + "000000000000000000000000857b06519e91e3a54538791bdbb0e22373e36b66000000000000000000000000209693bc6afc0c5328ba36faf03c514ef312287c"
        + "0000000000000000000000000000000000000000000000000000000067c08c59";

    private const string SignatureWords =
        "0000000000000000000000000000000000000000000000000000000000000041"
        + "1111111111111111111111111111111111111111111111111111111111111111" + "2222222222222222222222222222222222222222222222222222222222222222"
        + "1b00000000000000000000000000000000000000000000000000000000000000";

    private static readonly byte[] Signature = Convert.FromHexString(new string('1', 64) + new string('2', 64) + "1b");

    private static readonly Permit2Transfer Transfer = new(
        Address.Parse("0x036cbd53842c5426634e7929541ec2318f3dcf7e"), Address.Parse("0x857b06519e91e3a54538791bdbb0e22373e36b66"),
        Address.Parse("0x209693bc6afc0c5328ba36faf03c514ef312287c"), 10_000UL,
        UInt256.Parse("57896044618658097711785492504343953926634992332820282019728792003956564820481"), 1_740_672_154UL, 1_740_672_089UL, Signature);

    private static readonly Address Other = Address.Parse("0x0000000000000000000000000000000000000004");

    [Fact]
    public void The_digest_is_viems() =>
        Assert.Equal("0x7e997fc11d7c611b6b01e56509d8b6965a88e5f077bb219bb9fd8fe30d4afa7b", Permit2.Digest(Transfer, 84532).ToString());

    [Fact]
    public void Every_member_and_the_chain_are_in_the_digest()
    {
        Permit2Transfer[] others = [
            Transfer with { Token = Other }, Transfer with { To = Other }, Transfer with { Value = 10_001UL }, Transfer with { Nonce = 1UL },
            Transfer with { Deadline = 1_740_672_155UL }, Transfer with { ValidAfter = 0UL }];
        Assert.All(others, other => Assert.NotEqual(Permit2.Digest(Transfer, 84532), Permit2.Digest(other, 84532)));
        Assert.NotEqual(Permit2.Digest(Transfer, 84532), Permit2.Digest(Transfer, 84533));
    }

    [Fact]
    public void The_call_is_viems() => Assert.Equal(
        $"13cd3b53{Words}{"0100".PadLeft(64, '0')}{SignatureWords}", Convert.ToHexStringLower(Permit2.Calldata(Transfer)));

    [Fact]
    public void The_call_with_a_permit_is_viems() => Assert.Equal(
        "fa340378" + "2710".PadLeft(64, '0') + "67c08c9b".PadLeft(64, '0') + new string('3', 64) + new string('4', 64) + "1c".PadLeft(64, '0')
            + $"{Words}{"01a0".PadLeft(64, '0')}{SignatureWords}",
        Convert.ToHexStringLower(Permit2.Calldata(WithPermit())));

    [Theory]
    [InlineData("00", "1b")]
    [InlineData("01", "1c")]
    [InlineData("1c", "1c")]
    [InlineData("1f", "1f")]
    public void A_keys_v_is_raised_and_a_wallets_byte_is_not(string given, string sent)
    {
        var transfer = Transfer with { Signature = Convert.FromHexString(Convert.ToHexString(Signature)[..128] + given) };
        Assert.Equal(sent, Convert.ToHexStringLower(Permit2.Calldata(transfer))[^64..^62]);
        Assert.Equal(given, Convert.ToHexStringLower(Permit2.Calldata(transfer with { PayerHasCode = true }))[^64..^62]);
    }

    [Fact]
    public void A_call_of_either_function_is_known_as_this_transfer_whatever_signs_or_permits_it()
    {
        Assert.True(Permit2.IsCallOf(Permit2.Calldata(Transfer), Transfer));
        Assert.True(Permit2.IsCallOf(Permit2.Calldata(WithPermit()), Transfer));
        Assert.True(Permit2.IsCallOf(Permit2.Calldata(Transfer with { Signature = new byte[64] }), Transfer));
    }

    [Fact]
    public void A_call_of_another_transfer_function_or_place_is_not_this_one()
    {
        var call = Permit2.Calldata(Transfer);
        Permit2Transfer[] others = [
            Transfer with { Token = Other }, Transfer with { From = Other }, Transfer with { To = Other }, Transfer with { Value = 10_001UL },
            Transfer with { Nonce = 1UL }, Transfer with { Deadline = 1_740_672_155UL }, Transfer with { ValidAfter = 0UL }];
        Assert.All(others, other => Assert.False(Permit2.IsCallOf(call, other)));
        Assert.False(Permit2.IsCallOf([0, .. call[1..]], Transfer));
        Assert.False(Permit2.IsCallOf([.. call[..4], .. new byte[32], .. call[4..]], Transfer));
        Assert.False(Permit2.IsCallOf(call.AsSpan(0, 4 + (7 * 32) - 1), Transfer));
        Assert.False(Permit2.IsCallOf([], Transfer));
    }

    [Fact]
    public void The_transfer_and_then_the_proxys_event_prove_it()
    {
        Assert.Equal(TransferProof.Whole, Prove(Moved(), Settled(Permit2.Settled)));
        Assert.Equal(TransferProof.Whole, Prove(Moved(), Settled(Permit2.SettledWithPermit)));
        Assert.Equal(TransferProof.Whole, Prove(Moved(Other), Settled(Permit2.Settled), Moved(), Moved() with { Address = Other }, Settled(Permit2.Settled)));
    }

    [Fact]
    public void Without_both_in_order_there_is_no_proof()
    {
        Assert.Equal(TransferProof.None, Prove());
        Assert.Equal(TransferProof.None, Prove(Moved()));
        Assert.Equal(TransferProof.None, Prove(Settled(Permit2.Settled)));
        Assert.Equal(TransferProof.None, Prove(Settled(Permit2.Settled), Moved()));
        Assert.Equal(TransferProof.None, Prove(Moved(), Settled(Permit2.Settled) with { Address = Other }));
        Assert.Equal(TransferProof.None, Prove(Moved() with { Address = Other }, Settled(Permit2.Settled)));
        Assert.Equal(TransferProof.None, Permit2.Prove(Receipt(Moved(), Settled(Permit2.Settled)) with { Succeeded = false }, Transfer));
    }

    [Fact]
    public void Another_payers_transfer_between_takes_the_proof_away() =>
        Assert.Equal(TransferProof.None, Prove(Moved(), Moved(Other), Settled(Permit2.Settled)));

    private static Permit2Transfer WithPermit()
    {
        Assert.True(EcdsaSignature.TryParse(Convert.FromHexString(new string('3', 64) + new string('4', 64) + "1c"), out var signature));
        return Transfer with { Permit = new Eip2612Permit(1_740_672_155UL, signature) };
    }

    private static TransferProof Prove(params EventLog[] logs) => Permit2.Prove(Receipt(logs), Transfer);

    private static TransactionReceipt Receipt(params EventLog[] logs) => new(default, true, default, logs, 0, default);

    private static EventLog Moved(Address? payer = null) => new(
        Transfer.Token, [Eip3009.Transfer, Bytes32.From(payer ?? Transfer.From), Bytes32.From(Transfer.To)], Bytes32.From(Transfer.Value).ToArray());

    private static EventLog Settled(Bytes32 topic) => new(Permit2.Proxy, [topic], default);
}

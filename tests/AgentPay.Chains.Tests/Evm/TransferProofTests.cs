using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class TransferProofTests
{
    private static readonly Address Token = Address.Parse("0x0000000000000000000000000000000000000001");
    private static readonly Address From = Address.Parse("0x0000000000000000000000000000000000000002");
    private static readonly Address To = Address.Parse("0x0000000000000000000000000000000000000003");
    private static readonly Address Other = Address.Parse("0x0000000000000000000000000000000000000004");
    private static readonly Bytes32 Nonce = Bytes32.Keccak("nonce"u8);
    private static readonly Bytes32 OtherNonce = Bytes32.Keccak("other"u8);

    [Fact]
    public void Use_then_transfer_is_whole() => Assert.Equal(TransferProof.Whole, Prove(Used(Nonce), Moved(From, To, 5)));

    [Fact]
    public void Other_logs_between_do_not_matter() => Assert.Equal(
        TransferProof.Whole,
        Prove(Used(OtherNonce), Moved(From, To, 5), Used(Nonce), Moved(From, Other, 5), Used(OtherNonce) with { Address = Other }, Moved(From, To, 5)));

    [Fact]
    public void A_transfer_before_the_use_or_after_the_next_use_is_not_its_transfer()
    {
        Assert.Equal(TransferProof.TransferMissing, Prove(Moved(From, To, 5), Used(Nonce)));
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Used(OtherNonce), Moved(From, To, 5)));
    }

    [Fact]
    public void Payer_payee_value_and_token_must_all_match()
    {
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Moved(Other, To, 5)));
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Moved(From, Other, 5)));
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Moved(From, To, 4)));
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Moved(From, To, 6)));
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Moved(From, To, 5) with { Address = Other }));
        Assert.Equal(TransferProof.TransferMissing, Prove(Used(Nonce), Moved(From, To, 5) with { Data = new byte[31] }));
    }

    [Fact]
    public void Without_the_use_there_is_no_proof()
    {
        Assert.Equal(TransferProof.None, Prove());
        Assert.Equal(TransferProof.None, Prove(Moved(From, To, 5)));
        Assert.Equal(TransferProof.None, Prove(Used(OtherNonce), Moved(From, To, 5)));
        Assert.Equal(TransferProof.None, Prove(Used(Nonce) with { Address = Other }, Moved(From, To, 5)));
        Assert.Equal(TransferProof.None, Prove(new EventLog(Token, [Eip3009.AuthorizationUsed, Bytes32.From(Other), Nonce], default), Moved(From, To, 5)));
    }

    [Fact]
    public void A_failed_transaction_proves_nothing() =>
        Assert.Equal(
        TransferProof.None, (Receipt(Used(Nonce), Moved(From, To, 5)) with { Succeeded = false }).Prove(Token, From, To, 5UL, Nonce));

    private static TransferProof Prove(params EventLog[] logs) => Receipt(logs).Prove(Token, From, To, 5UL, Nonce);

    private static TransactionReceipt Receipt(params EventLog[] logs) => new(default, true, default, logs, 0, default);

    private static EventLog Used(Bytes32 nonce) => new(Token, [Eip3009.AuthorizationUsed, Bytes32.From(From), nonce], default);

    private static EventLog Moved(Address from, Address to, ulong value) =>
        new(Token, [Eip3009.Transfer, Bytes32.From(from), Bytes32.From(to)], Bytes32.From((UInt256)value).ToArray());
}

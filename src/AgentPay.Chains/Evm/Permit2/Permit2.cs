namespace AgentPay.Chains.Evm;

/// <summary>
/// Transfers by Permit2's signature transfer with a witness, through the x402 proxy for scheme <c>exact</c> (Uniswap Permit2, SignatureTransfer; x402 v2
/// specification, asset transfer method Permit2): what is signed, what is called, what is emitted.
/// </summary>
public static class Permit2
{
    /// <summary>Permit2, at the same address on every network.</summary>
    public static readonly Address Contract = Address.Parse("0x000000000022d473030f116ddee9f6b43ac78ba3");

    /// <summary><c>x402ExactPermit2Proxy</c>, at the same address on every network: the spender that payers sign for.</summary>
    public static readonly Address Proxy = Address.Parse("0x402085c248eea27d92e8b30b2c58ed07f9e20001");

    /// <summary>Topic of the proxy's <c>Settled()</c>, the last log of a call without a permit. It does not say whose payment it was.</summary>
    public static readonly Bytes32 Settled = Eip712.HashText("Settled()");

    /// <summary>Topic of the proxy's <c>SettledWithPermit()</c>, the last log of a call with one.</summary>
    public static readonly Bytes32 SettledWithPermit = Eip712.HashText("SettledWithPermit()");

    private static readonly Bytes32 DomainType = Eip712.TypeHash("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    private static readonly Bytes32 DomainName = Eip712.HashText("Permit2");
    private static readonly Bytes32 PermissionsType = Eip712.TypeHash("TokenPermissions(address token,uint256 amount)");
    private static readonly Bytes32 WitnessType = Eip712.TypeHash("Witness(address to,uint256 validAfter)");

    private static readonly Bytes32 Type = Eip712.TypeHash(
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)"
        + "TokenPermissions(address token,uint256 amount)Witness(address to,uint256 validAfter)");

    private static readonly byte[] SettleSelector = AbiWriter.SelectorOf("settle(((address,uint256),uint256,uint256),address,(address,uint256),bytes)");

    private static readonly byte[] SettleWithPermitSelector = AbiWriter.SelectorOf(
        "settleWithPermit((uint256,uint256,bytes32,bytes32,uint8),((address,uint256),uint256,uint256),address,(address,uint256),bytes)");

    /// <summary>The digest a payer signs for this transfer on the chain. The domain has no version.</summary>
    public static Bytes32 Digest(Permit2Transfer transfer, ulong chainId) => Eip712.Digest(
        Eip712.HashStruct(DomainType, [DomainName, Bytes32.From((UInt256)chainId), Bytes32.From(Contract)]),
        Eip712.HashStruct(
            Type,
            [
                Eip712.HashStruct(PermissionsType, [Bytes32.From(transfer.Token), Bytes32.From(transfer.Value)]),
                Bytes32.From(Proxy),
                Bytes32.From(transfer.Nonce),
                Bytes32.From(transfer.Deadline),
                Eip712.HashStruct(WitnessType, [Bytes32.From(transfer.To), Bytes32.From(transfer.ValidAfter)]),
            ]));

    /// <summary>The call of the proxy. A key's v of 0 or 1 goes as 27 or 28; what a wallet contract is to judge goes unchanged.</summary>
    public static byte[] Calldata(Permit2Transfer transfer)
    {
        var call = new AbiWriter(transfer.Permit is null ? SettleSelector : SettleWithPermitSelector);
        if (transfer.Permit is { } permit)
        {
            call = call.Number(transfer.Value).Number(permit.Deadline).Word(permit.Signature.R).Word(permit.Signature.S).Number(permit.Signature.V);
        }

        var signature = !transfer.PayerHasCode && EcdsaSignature.TryParse(transfer.Signature.Span, out var key) ? key.ToArray() : transfer.Signature.Span;
        return Words(call, transfer).Bytes(signature).ToArray();
    }

    /// <summary>
    /// True when a call made directly to the proxy is this transfer, whatever the permit and the form of the signature. As the proxy runs one transfer a call and
    /// Permit2 takes a nonce once, such a call that succeeded is the proof that this transfer, and no other, was made.
    /// </summary>
    public static bool IsCallOf(ReadOnlySpan<byte> calldata, Permit2Transfer transfer)
    {
        var at = calldata.StartsWith(SettleSelector) ? SettleSelector.Length
            : calldata.StartsWith(SettleWithPermitSelector) ? SettleWithPermitSelector.Length + PermitBytes
            : -1;
        ReadOnlySpan<byte> words = Words(new AbiWriter([]), transfer).ToArray();
        return at >= 0 && calldata.Length >= at + words.Length && calldata.Slice(at, words.Length).SequenceEqual(words);
    }

    /// <summary>
    /// What a receipt shows of one transfer in a transaction whose calls are known and hold one transfer of this payer: the proxy's event, which ends its call,
    /// and as the last of the token's Transfers before it this one. In a transaction of somebody else's making this proves nothing, for the proxy's event does
    /// not name the payment: there see <see cref="IsCallOf"/>.
    /// </summary>
    public static TransferProof Prove(TransactionReceipt receipt, Permit2Transfer transfer)
    {
        var moved = false;
        foreach (var log in receipt.Succeeded ? receipt.Logs : [])
        {
            if (log.Address == Proxy && log.Topics is [var topic] && (topic == Settled || topic == SettledWithPermit))
            {
                if (moved)
                {
                    return TransferProof.Whole;
                }
            }
            else if (log.Address == transfer.Token && log.Topics is [var name, ..] && name == Eip3009.Transfer)
            {
                moved = TransferProof.IsTransfer(log, transfer.From, transfer.To, transfer.Value);
            }
        }

        return TransferProof.None;
    }

    private const int PermitBytes = 5 * Bytes32.Length;

    /// <summary>The words that name the transfer, in the order in which both functions of the proxy take them.</summary>
    private static AbiWriter Words(AbiWriter call, Permit2Transfer transfer) => call
        .Address(transfer.Token).Number(transfer.Value).Number(transfer.Nonce).Number(transfer.Deadline)
        .Address(transfer.From)
        .Address(transfer.To).Number(transfer.ValidAfter);
}

namespace AgentPay.Chains.Evm;

/// <summary>Transfers by signed authorization (EIP-3009): what is signed, what is called, what the token emits.</summary>
public static class Eip3009
{
    /// <summary>Topic of <c>AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)</c>.</summary>
    public static readonly Bytes32 AuthorizationUsed = Eip712.HashText("AuthorizationUsed(address,bytes32)");

    /// <summary>Topic of <c>AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)</c>.</summary>
    public static readonly Bytes32 AuthorizationCanceled = Eip712.HashText("AuthorizationCanceled(address,bytes32)");

    /// <summary>Topic of <c>Transfer(address indexed from, address indexed to, uint256 value)</c> (EIP-20).</summary>
    public static readonly Bytes32 Transfer = Eip712.HashText("Transfer(address,address,uint256)");

    private const string Members = "address,address,uint256,uint256,uint256,bytes32";

    private static readonly Bytes32 Type = Eip712.TypeHash(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)");

    private static readonly byte[] WithKeySignature = AbiWriter.SelectorOf($"transferWithAuthorization({Members},uint8,bytes32,bytes32)");
    private static readonly byte[] WithSignatureBytes = AbiWriter.SelectorOf($"transferWithAuthorization({Members},bytes)");

    /// <summary>The digest a payer signs for this transfer on the chain.</summary>
    public static Bytes32 Digest(Eip3009Transfer transfer, ulong chainId)
    {
        var domain = new Eip712Domain(transfer.DomainName, transfer.DomainVersion, chainId, transfer.Token);
        return Digest(domain.Separator(), transfer.From, transfer.To, transfer.Value, transfer.ValidAfter, transfer.ValidBefore, transfer.Nonce);
    }

    /// <summary>The digest from a known domain separator.</summary>
    public static Bytes32 Digest(
        Bytes32 domainSeparator, Address from, Address to, UInt256 value, UInt256 validAfter, UInt256 validBefore, Bytes32 nonce) =>
        Eip712.Digest(domainSeparator, Eip712.HashStruct(
            Type, [Bytes32.From(from), Bytes32.From(to), Bytes32.From(value), Bytes32.From(validAfter), Bytes32.From(validBefore), nonce]));

    /// <summary>
    /// The one call that makes the transfer. A wallet that is to be deployed first is so in the same transaction, through Multicall3: the factory sees that contract
    /// and never the engine's key as its caller, it may fail because somebody deployed the wallet meanwhile, and without the transfer nothing stands.
    /// </summary>
    public static (Address Target, byte[] Calldata) Call(Eip3009Transfer transfer) => transfer.Deployment is { } deployment
        ? (Multicall3.Address, Multicall3.Calldata(
            [(deployment.Factory, deployment.Calldata), (transfer.Token, Calldata(transfer with { PayerHasCode = true }))], lastMustSucceed: true))
        : (transfer.Token, Calldata(transfer));

    /// <summary>
    /// The call of <c>transferWithAuthorization</c>. A key's 65 bytes go as v, r, s, with v 0 and 1 raised to 27 and 28. What a wallet contract is to
    /// judge, and any other length, goes unchanged to the overload that takes bytes.
    /// </summary>
    public static byte[] Calldata(Eip3009Transfer transfer)
    {
        var signature = transfer.Signature.Span;
        var isKeySignature = !transfer.PayerHasCode && signature.Length == EcdsaSignature.Bytes;
        var call = new AbiWriter(isKeySignature ? WithKeySignature : WithSignatureBytes)
            .Address(transfer.From).Address(transfer.To).Number(transfer.Value)
            .Number(transfer.ValidAfter).Number(transfer.ValidBefore).Word(transfer.Nonce);
        if (!isKeySignature)
        {
            return call.Bytes(signature).ToArray();
        }

        var v = signature[64] < 2 ? (byte)(signature[64] + 27) : signature[64];
        return call.Number(v).Word(new Bytes32(signature[..32])).Word(new Bytes32(signature[32..64])).ToArray();
    }
}

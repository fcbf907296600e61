namespace AgentPay.Chains.Evm;

/// <summary>Encoding of legacy (EIP-155) and fee-market (EIP-1559) transactions.</summary>
public static class EvmTransaction
{
    private const byte FeeMarketType = 2;

    /// <summary>The digest that the sender signs.</summary>
    public static Bytes32 SigningHash(TransactionRequest request) => Bytes32.Keccak(
        request.Fees.IsLegacy
            ? Body(request).Number(request.ChainId).Number(0UL).Number(0UL).ToList()
            : Body(request).ToList(FeeMarketType));

    /// <summary>Joins a request and its signature.</summary>
    public static SignedTransaction Join(TransactionRequest request, EcdsaSignature signature)
    {
        var parity = (ulong)(signature.V - 27);
        var v = request.Fees.IsLegacy ? (UInt256)request.ChainId * 2UL + (35UL + parity) : parity;
        var signed = Body(request).Number(v).Number(Number(signature.R)).Number(Number(signature.S));
        var raw = signed.ToList(request.Fees.IsLegacy ? null : FeeMarketType);
        return new SignedTransaction(raw, Bytes32.Keccak(raw));
    }

    /// <summary>Reads signed bytes back and recovers the sender.</summary>
    /// <exception cref="FormatException">Not a canonical legacy or type 2 transaction with a valid signature.</exception>
    public static DecodedTransaction Decode(ReadOnlySpan<byte> raw)
    {
        var (request, sender, hash) = Read(raw);
        return new DecodedTransaction(request, sender ?? throw new FormatException("The signature is no key's."), hash);
    }

    /// <summary>Reads signed bytes back; the sender is null when the signature is no key's.</summary>
    /// <exception cref="FormatException">Not a canonical legacy or type 2 transaction.</exception>
    public static (TransactionRequest Request, Address? Sender, Bytes32 Hash) Read(ReadOnlySpan<byte> raw)
    {
        var isLegacy = !raw.IsEmpty && raw[0] >= 0xC0;
        if (raw.IsEmpty || (!isLegacy && raw[0] != FeeMarketType))
        {
            throw new FormatException("Only legacy and type 2 transactions are read.");
        }

        var outer = new RlpReader(isLegacy ? raw : raw[1..]);
        var list = outer.List();
        outer.End();
        var (request, v) = isLegacy ? ReadLegacy(ref list) : ReadFeeMarket(ref list);
        var r = list.Number();
        var s = list.Number();
        list.End();
        return (request, Sender(request, v, r, s), Bytes32.Keccak(raw));
    }

    private static (TransactionRequest Request, byte V) ReadLegacy(ref RlpReader list)
    {
        var (nonce, gasPrice, gasLimit) = (list.Number64(), list.Number(), list.Number64());
        var (to, value) = (list.Address(), list.Number());
        var data = list.Bytes().ToArray();
        var v = list.Number64();
        if (v < 37)
        {
            throw new FormatException("A legacy transaction must name its chain (EIP-155).");
        }

        var request = new TransactionRequest((v - 35) / 2, nonce, gasLimit, new FeeQuote(true, gasPrice, 0UL), to, value, data);
        return (request, (byte)((v - 35) % 2));
    }

    private static (TransactionRequest Request, byte V) ReadFeeMarket(ref RlpReader list)
    {
        var (chainId, nonce) = (list.Number64(), list.Number64());
        var (priorityFee, maxFee, gasLimit) = (list.Number(), list.Number(), list.Number64());
        var (to, value) = (list.Address(), list.Number());
        var data = list.Bytes().ToArray();
        var accessList = list.List();
        accessList.End();
        var v = list.Number64();
        var request = new TransactionRequest(chainId, nonce, gasLimit, new FeeQuote(false, maxFee, priorityFee), to, value, data);
        return (request, v < 2 ? (byte)v : throw new FormatException("The parity of y is 0 or 1."));
    }

    private static Address? Sender(TransactionRequest request, byte parity, UInt256 r, UInt256 s)
    {
        Span<byte> signature = stackalloc byte[EcdsaSignature.Bytes];
        r.WriteTo(signature);
        s.WriteTo(signature[32..]);
        signature[64] = parity;
        return EcdsaSignature.TryParse(signature, out var parsed) && parsed.TryRecover(SigningHash(request), out var sender)
            ? sender
            : null;
    }

    private static UInt256 Number(Bytes32 word)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Length];
        word.WriteTo(bytes);
        return new UInt256(bytes);
    }

    private static RlpWriter Body(TransactionRequest request)
    {
        var writer = new RlpWriter();
        if (request.Fees.IsLegacy)
        {
            return Call(writer.Number(request.Nonce).Number(request.Fees.MaxFeePerGas), request);
        }

        writer.Number(request.ChainId).Number(request.Nonce).Number(request.Fees.MaxPriorityFeePerGas).Number(request.Fees.MaxFeePerGas);
        return Call(writer, request).List(new RlpWriter());
    }

    private static RlpWriter Call(RlpWriter writer, TransactionRequest request) =>
        writer.Number(request.GasLimit).Address(request.To).Number(request.Value).Bytes(request.Data.Span);
}

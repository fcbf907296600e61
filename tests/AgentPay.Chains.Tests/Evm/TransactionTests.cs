using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class TransactionTests
{
    private static readonly EvmSigner Signer = EvmSigner.Parse(Vectors.Evm.GetProperty("key").GetString());

    [Fact]
    public void Signed_bytes_and_hashes_are_those_of_ethers_and_viem()
    {
        Assert.Equal(50, Vectors.Evm.GetProperty("transactions").GetArrayLength());
        foreach (var vector in Vectors.Evm.GetProperty("transactions").EnumerateArray())
        {
            var signed = Signer.Sign(Request(vector));
            Assert.Equal(vector.GetProperty("signed").GetString(), "0x" + Convert.ToHexStringLower(signed.Raw.Span));
            Assert.Equal(vector.GetProperty("hash").GetString(), signed.Hash.ToString());
        }
    }

    [Fact]
    public void Decoding_gives_back_what_was_signed_and_by_whom()
    {
        foreach (var vector in Vectors.Evm.GetProperty("transactions").EnumerateArray())
        {
            var decoded = EvmTransaction.Decode(vector.GetProperty("signed").Unhex());
            var request = Request(vector);
            Assert.Equal(Signer.Address, decoded.Sender);
            Assert.Equal(vector.GetProperty("hash").GetString(), decoded.Hash.ToString());
            Assert.Equal(request with { Data = default }, decoded.Request with { Data = default });
            Assert.Equal(request.Data.ToArray(), decoded.Request.Data.ToArray());
        }
    }

    [Fact]
    public void Changed_or_cut_bytes_never_decode_to_the_same_sender_and_never_crash()
    {
        var raw = Vectors.Evm.GetProperty("transactions")[0].GetProperty("signed").Unhex();
        for (var at = 0; at < raw.Length; at++)
        {
            Assert.Throws<FormatException>(() => EvmTransaction.Decode(raw.AsSpan(0, at)));
            var changed = raw.ToArray();
            changed[at] ^= 1;
            Assert.NotEqual(Signer.Address, SenderOrNone(changed));
        }
    }

    private static Address? SenderOrNone(byte[] raw)
    {
        try
        {
            return EvmTransaction.Decode(raw).Sender;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static TransactionRequest Request(JsonElement vector) => new(
        vector.GetProperty("chainId").GetUInt64(),
        vector.GetProperty("nonce").GetUInt64(),
        (ulong)vector.GetProperty("gas").Number().Low,
        new FeeQuote(vector.GetProperty("type").GetInt32() == 0, vector.GetProperty("fee").Number(), vector.GetProperty("priority").Number()),
        vector.GetProperty("to").ValueKind == JsonValueKind.Null ? null : vector.GetProperty("to").Address(),
        vector.GetProperty("value").Number(),
        vector.GetProperty("data").Unhex());
}

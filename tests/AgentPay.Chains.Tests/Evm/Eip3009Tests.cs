using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class Eip3009Tests
{
    private static readonly EvmSigner Payer = EvmSigner.Parse(Vectors.Evm.GetProperty("key").GetString());

    [Fact]
    public void Separators_digests_signatures_and_calls_are_those_of_ethers_and_viem()
    {
        Assert.Equal(20, Vectors.Evm.GetProperty("authorizations").GetArrayLength());
        foreach (var vector in Vectors.Evm.GetProperty("authorizations").EnumerateArray())
        {
            var domain = vector.GetProperty("domain");
            var chainId = domain.GetProperty("chainId").GetUInt64();
            var signature = vector.GetProperty("signature").Unhex();
            var transfer = Transfer(vector, signature);
            var separator = new Eip712Domain(transfer.DomainName, transfer.DomainVersion, chainId, transfer.Token).Separator();
            var digest = Eip3009.Digest(transfer, chainId);
            Assert.Equal(vector.GetProperty("separator").GetString(), separator.ToString());
            Assert.Equal(vector.GetProperty("digest").GetString(), digest.ToString());
            Assert.Equal(signature, Payer.SignDigest(digest).ToArray());
            Assert.True(EcdsaSignature.TryParse(signature, out var parsed) && parsed.TryRecover(digest, out var signer) && signer == transfer.From);
            Assert.Equal(vector.GetProperty("callByKey").Unhex(), Eip3009.Calldata(transfer));
            Assert.Equal(
                vector.GetProperty("callByWallet").Unhex(),
                Eip3009.Calldata(transfer with { Signature = vector.GetProperty("walletSignature").Unhex() }));
        }
    }

    [Fact]
    public void A_call_raises_v_to_27_and_28()
    {
        var vector = Vectors.Evm.GetProperty("authorizations")[0];
        var signature = vector.GetProperty("signature").Unhex();
        signature[64] -= 27;
        Assert.Equal(vector.GetProperty("callByKey").Unhex(), Eip3009.Calldata(Transfer(vector, signature)));
    }

    [Fact]
    public void A_wallets_65_bytes_go_to_the_overload_that_takes_bytes_and_stay_as_they_are()
    {
        var vector = Vectors.Evm.GetProperty("authorizations")[0];
        var signature = vector.GetProperty("signature").Unhex();
        signature[64] -= 27;
        var call = Eip3009.Calldata(Transfer(vector, signature) with { PayerHasCode = true });
        Assert.Equal(vector.GetProperty("callByWallet").Unhex()[..4], call[..4]);
        Assert.Equal(signature, call[(4 + (8 * 32))..(4 + (8 * 32) + 65)]);
    }

    private static Eip3009Transfer Transfer(JsonElement vector, byte[] signature)
    {
        var (domain, message) = (vector.GetProperty("domain"), vector.GetProperty("message"));
        return new Eip3009Transfer(
            domain.GetProperty("verifyingContract").Address(),
            domain.GetProperty("name").GetString()!,
            domain.GetProperty("version").GetString()!,
            message.GetProperty("from").Address(),
            message.GetProperty("to").Address(),
            message.GetProperty("value").Number(),
            message.GetProperty("validAfter").Number(),
            message.GetProperty("validBefore").Number(),
            Bytes32.Parse(message.GetProperty("nonce").GetString()!),
            signature);
    }
}

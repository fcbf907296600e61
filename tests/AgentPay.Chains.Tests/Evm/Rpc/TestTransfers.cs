using System.Security.Cryptography;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>Payers and their authorizations.</summary>
internal static class TestTransfers
{
    public static readonly Address Payee = Address.Parse("0x3535353535353535353535353535353535353535");

    public static EvmSigner Payer(string name) => new(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)));

    public static Eip3009Transfer Unsigned(Address token, Address from, UInt256 value, string nonce = "nonce") => new(
        token, "USD Coin", "2", from, Payee, value, 0UL, 4_000_000_000UL, Eip712.HashText(nonce), ReadOnlyMemory<byte>.Empty);

    public static Eip3009Transfer Signed(this Eip3009Transfer transfer, EvmSigner payer, ulong chainId) =>
        transfer with { Signature = payer.SignDigest(Eip3009.Digest(transfer, chainId)).ToArray() };
}

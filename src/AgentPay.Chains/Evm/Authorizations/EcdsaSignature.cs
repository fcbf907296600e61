using AgentPay.Chains.Crypto;

namespace AgentPay.Chains.Evm;

/// <summary>A key's signature as Ethereum accepts it: r and s in range, s low (EIP-2), v 27 or 28.</summary>
public readonly record struct EcdsaSignature
{
    /// <summary>Length of r, s, v.</summary>
    public const int Bytes = 65;

    private EcdsaSignature(Bytes32 r, Bytes32 s, byte v)
    {
        R = r;
        S = s;
        V = v;
    }

    /// <summary>The first scalar.</summary>
    public Bytes32 R { get; }

    /// <summary>The second scalar, at most half the group order.</summary>
    public Bytes32 S { get; }

    /// <summary>27 or 28.</summary>
    public byte V { get; }

    /// <summary>
    /// Reads r, s, v. Refused: another length (the 64-byte form of EIP-2098 too), v other than 0, 1, 27, 28, a scalar that is 0 or not below
    /// the group order, and a high s, which tokens revert on.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EcdsaSignature signature)
    {
        signature = default;
        if (bytes.Length != Bytes || bytes[64] is not (0 or 1 or 27 or 28))
        {
            return false;
        }

        var r = bytes[..32];
        var s = bytes[32..64];
        if (!Secp256k1.IsScalar(r) || !Secp256k1.IsScalar(s) || !Secp256k1.IsLowS(s))
        {
            return false;
        }

        signature = new EcdsaSignature(new Bytes32(r), new Bytes32(s), (byte)(bytes[64] < 27 ? bytes[64] + 27 : bytes[64]));
        return true;
    }

    /// <summary>The address whose key signed the digest. False when no key can have.</summary>
    public bool TryRecover(Bytes32 digest, out Address signer)
    {
        Span<byte> digestBytes = stackalloc byte[Bytes32.Length];
        Span<byte> compact = stackalloc byte[Secp256k1.CompactSignatureBytes];
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeyBytes];
        digest.WriteTo(digestBytes);
        R.WriteTo(compact);
        S.WriteTo(compact[32..]);
        var recovered = V >= 27 && Secp256k1.TryRecover(digestBytes, compact, V - 27, publicKey);
        signer = recovered ? Address.FromPublicKey(publicKey) : default;
        return recovered;
    }

    /// <summary>r, s, v in 65 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        R.WriteTo(bytes);
        S.WriteTo(bytes.AsSpan(32));
        bytes[64] = V;
        return bytes;
    }
}

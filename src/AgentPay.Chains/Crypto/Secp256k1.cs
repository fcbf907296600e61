using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AgentPay.Chains.Crypto;

/// <summary>ECDSA over secp256k1 (SEC 2), by libsecp256k1. Allocates nothing; thread-safe.</summary>
public static unsafe partial class Secp256k1
{
    /// <summary>Length of a private key, of a digest, and of each of r and s.</summary>
    public const int ScalarBytes = 32;

    /// <summary>Length of a public key as x, y without a prefix.</summary>
    public const int PublicKeyBytes = 64;

    /// <summary>Length of a signature as r, s.</summary>
    public const int CompactSignatureBytes = 64;

    private const int SerializedPublicKeyBytes = 65;
    private const uint Uncompressed = 2;

    private static ReadOnlySpan<byte> Order =>
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
         0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41];

    private static ReadOnlySpan<byte> HalfOrder =>
        [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
         0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0];

    /// <summary>True when the big-endian number is from 1 to the group order less 1: a possible key, r or s.</summary>
    public static bool IsScalar(ReadOnlySpan<byte> number) =>
        number.Length == ScalarBytes && number.IndexOfAnyExcept((byte)0) >= 0 && number.SequenceCompareTo(Order) < 0;

    /// <summary>True when s is at most half the group order (EIP-2). Recovery accepts a higher one, tokens do not: check it.</summary>
    public static bool IsLowS(ReadOnlySpan<byte> s) => s.Length == ScalarBytes && s.SequenceCompareTo(HalfOrder) <= 0;

    /// <summary>Recovers the public key (x, y) that made a signature. False when there is none.</summary>
    /// <param name="digest">32 bytes that were signed.</param>
    /// <param name="signature">64 bytes r, s; a high s is accepted here.</param>
    /// <param name="recoveryId">0 to 3.</param>
    /// <param name="publicKey">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static bool TryRecover(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, int recoveryId, Span<byte> publicKey)
    {
        RequireLength(digest, ScalarBytes, nameof(digest));
        RequireLength(signature, CompactSignatureBytes, nameof(signature));
        RequireLength(publicKey, PublicKeyBytes, nameof(publicKey));
        if (recoveryId is < 0 or > 3)
        {
            return false;
        }

        var context = Secp256k1Context.Shared;
        var parsed = stackalloc byte[SerializedPublicKeyBytes];
        var key = stackalloc byte[PublicKeyBytes];
        fixed (byte* rs = signature, message = digest)
        {
            if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, parsed, rs, recoveryId) != 1
                || secp256k1_ecdsa_recover(context, key, parsed, message) != 1)
            {
                return false;
            }
        }

        Serialize(context, key, publicKey);
        return true;
    }

    /// <summary>Signs with the nonce of RFC 6979 and low s. Returns the recovery id, 0 to 3.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="CryptographicException">The key is no scalar.</exception>
    public static int Sign(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> privateKey, Span<byte> signature)
    {
        RequireLength(digest, ScalarBytes, nameof(digest));
        RequireLength(privateKey, ScalarBytes, nameof(privateKey));
        RequireLength(signature, CompactSignatureBytes, nameof(signature));
        var context = Secp256k1Context.Shared;
        var made = stackalloc byte[SerializedPublicKeyBytes];
        int recoveryId;
        fixed (byte* message = digest, key = privateKey, rs = signature)
        {
            if (secp256k1_ecdsa_sign_recoverable(context, made, message, key, 0, 0) != 1)
            {
                throw new CryptographicException("The private key is not from 1 to the group order less 1.");
            }

            // Always succeeds (secp256k1_recovery.h).
            _ = secp256k1_ecdsa_recoverable_signature_serialize_compact(context, rs, &recoveryId, made);
        }

        return recoveryId;
    }

    /// <summary>The public key (x, y; 64 bytes) of a private key.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="CryptographicException">The key is no scalar.</exception>
    public static void PublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        RequireLength(privateKey, ScalarBytes, nameof(privateKey));
        RequireLength(publicKey, PublicKeyBytes, nameof(publicKey));
        var context = Secp256k1Context.Shared;
        var made = stackalloc byte[PublicKeyBytes];
        fixed (byte* key = privateKey)
        {
            if (secp256k1_ec_pubkey_create(context, made, key) != 1)
            {
                throw new CryptographicException("The private key is not from 1 to the group order less 1.");
            }
        }

        Serialize(context, made, publicKey);
    }

    private static void Serialize(nint context, byte* key, Span<byte> publicKey)
    {
        var serialized = stackalloc byte[SerializedPublicKeyBytes];
        nuint length = SerializedPublicKeyBytes;
        _ = secp256k1_ec_pubkey_serialize(context, serialized, &length, key, Uncompressed);
        new ReadOnlySpan<byte>(serialized + 1, PublicKeyBytes).CopyTo(publicKey);
    }

    private static void RequireLength(ReadOnlySpan<byte> bytes, int length, string name)
    {
        if (bytes.Length != length)
        {
            throw new ArgumentException($"Must be {length} bytes.", name);
        }
    }

    // Tens of microseconds each: too long for SuppressGCTransition.
    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_ecdsa_recoverable_signature_parse_compact(nint context, byte* signature, byte* input64, int recoveryId);

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_ecdsa_recover(nint context, byte* publicKey, byte* signature, byte* message32);

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_ec_pubkey_serialize(nint context, byte* output, nuint* length, byte* publicKey, uint flags);

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_ec_pubkey_create(nint context, byte* publicKey, byte* privateKey);

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_ecdsa_sign_recoverable(nint context, byte* signature, byte* message32, byte* privateKey, nint nonceFunction, nint nonceData);

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_ecdsa_recoverable_signature_serialize_compact(nint context, byte* output64, int* recoveryId, byte* signature);
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AgentPay.Chains.Crypto;

/// <summary>Ed25519 (RFC 8032) by libsodium, which refuses small-order keys and non-canonical signatures. Allocates nothing; thread-safe.</summary>
public static unsafe partial class Ed25519
{
    /// <summary>Length of a public key and of a seed.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of a signature, and of a secret key as libsodium keeps it (seed, public key).</summary>
    public const int SignatureBytes = 64;

    private static readonly Lazy<bool> Ready = new(Start);

    /// <summary>True when the signature over the message is the key's. Wrong lengths are false.</summary>
    public static bool Verify(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> message, ReadOnlySpan<byte> publicKey)
    {
        if (signature.Length != SignatureBytes || publicKey.Length != KeyBytes || !Ready.Value)
        {
            return false;
        }

        fixed (byte* s = signature, m = message, k = publicKey)
        {
            return crypto_sign_ed25519_verify_detached(s, m, (ulong)message.Length, k) == 0;
        }
    }

    /// <summary>Makes the key pair of a 32-byte seed: a public key of 32 bytes and a secret key of 64. Zero the secret key after use.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void KeyPairFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        RequireLength(seed, KeyBytes, nameof(seed));
        RequireLength(publicKey, KeyBytes, nameof(publicKey));
        RequireLength(secretKey, SignatureBytes, nameof(secretKey));
        EnsureAvailable();
        fixed (byte* p = publicKey, s = secretKey, d = seed)
        {
            Require(crypto_sign_ed25519_seed_keypair(p, s, d));
        }
    }

    /// <summary>Signs with a 64-byte secret key.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> secretKey, Span<byte> signature)
    {
        RequireLength(secretKey, SignatureBytes, nameof(secretKey));
        RequireLength(signature, SignatureBytes, nameof(signature));
        EnsureAvailable();
        fixed (byte* o = signature, m = message, k = secretKey)
        {
            Require(crypto_sign_ed25519_detached(o, null, m, (ulong)message.Length, k));
        }
    }

    /// <summary>
    /// True when the 32 bytes decompress to a point of the curve, which is what Solana's program addresses must not do.
    /// Point addition answers that; libsodium's own validity check also demands the prime-order subgroup, which is another question.
    /// </summary>
    public static bool IsOnCurve(ReadOnlySpan<byte> point)
    {
        if (point.Length != KeyBytes || !Ready.Value)
        {
            return false;
        }

        var sum = stackalloc byte[KeyBytes];
        fixed (byte* p = point)
        {
            return crypto_core_ed25519_add(sum, p, p) == 0;
        }
    }

    internal static void EnsureAvailable() => _ = Ready.Value;

    private static bool Start() => sodium_init() >= 0 ? true : throw new CryptographicException("libsodium could not start.");

    private static void Require(int result)
    {
        if (result != 0)
        {
            throw new CryptographicException("libsodium refused to sign.");
        }
    }

    private static void RequireLength(ReadOnlySpan<byte> bytes, int length, string name)
    {
        if (bytes.Length != length)
        {
            throw new ArgumentException($"Must be {length} bytes.", name);
        }
    }

    [LibraryImport(NativeCrypto.SodiumLibrary)]
    private static partial int sodium_init();

    [LibraryImport(NativeCrypto.SodiumLibrary)]
    private static partial int crypto_sign_ed25519_verify_detached(byte* signature, byte* message, ulong length, byte* publicKey);

    [LibraryImport(NativeCrypto.SodiumLibrary)]
    private static partial int crypto_sign_ed25519_detached(byte* signature, ulong* signatureLength, byte* message, ulong length, byte* secretKey);

    [LibraryImport(NativeCrypto.SodiumLibrary)]
    private static partial int crypto_sign_ed25519_seed_keypair(byte* publicKey, byte* secretKey, byte* seed);

    [LibraryImport(NativeCrypto.SodiumLibrary)]
    private static partial int crypto_core_ed25519_add(byte* sum, byte* left, byte* right);
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AgentPay.Chains.Crypto;

/// <summary>The one libsecp256k1 context of the process. Lives until the process ends; safe for concurrent use once made.</summary>
internal static partial class Secp256k1Context
{
    private const uint SignAndVerify = 0x0301;
    private static readonly Lazy<nint> Context = new(Create);

    public static nint Shared => Context.Value;

    private static nint Create()
    {
        var context = secp256k1_context_create(SignAndVerify);
        if (context == 0)
        {
            throw new CryptographicException("libsecp256k1 gave no context.");
        }

        // Blinds the signing tables, so that timing says nothing about a key.
        Span<byte> seed = stackalloc byte[32];
        RandomNumberGenerator.Fill(seed);
        var randomized = secp256k1_context_randomize(context, seed);
        CryptographicOperations.ZeroMemory(seed);
        return randomized == 1 ? context : throw new CryptographicException("libsecp256k1 could not randomize its context.");
    }

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial nint secp256k1_context_create(uint flags);

    [LibraryImport(NativeCrypto.Secp256k1Library)]
    private static partial int secp256k1_context_randomize(nint context, ReadOnlySpan<byte> seed32);
}

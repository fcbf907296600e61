using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AgentPay.Chains.Crypto;

/// <summary>Finds the two native libraries the chains need. Their functions used here have kept their ABI over all names tried.</summary>
public static class NativeCrypto
{
    internal const string Secp256k1Library = "secp256k1";
    internal const string SodiumLibrary = "sodium";

    // The name differs by distribution: Debian 12 and Ubuntu 24.04 carry secp256k1 0.2 as .so.1, newer ones .so.2 to .so.6.
    private static readonly string[] Secp256k1Names =
        ["libsecp256k1.so.6", "libsecp256k1.so.5", "libsecp256k1.so.2", "libsecp256k1.so.1", "libsecp256k1.so.0", "libsecp256k1"];

    private static readonly string[] SodiumNames = ["libsodium.so.26", "libsodium.so.23", "libsodium"];

    /// <summary>Call at start-up: proves both libraries are there and work, so that nothing fails later in the middle of a payment.</summary>
    /// <exception cref="DllNotFoundException">One is missing; the message names the package to install.</exception>
    public static void EnsureAvailable()
    {
        _ = Secp256k1Context.Shared;
        Ed25519.EnsureAvailable();
    }

    /// <summary>Loads the first name that exists.</summary>
    internal static nint Load(IReadOnlyList<string> names, string what, string package, Assembly assembly, DllImportSearchPath? searchPath)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, assembly, searchPath, out var handle))
            {
                return handle;
            }
        }

        throw new DllNotFoundException($"The native library {what} is missing: install the package {package} (tried {string.Join(", ", names)}).");
    }

#pragma warning disable CA2255 // The resolver must stand before the first native call of any type of this assembly.
    [ModuleInitializer]
    internal static void RegisterResolver() => NativeLibrary.SetDllImportResolver(typeof(NativeCrypto).Assembly, Resolve);
#pragma warning restore CA2255

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? searchPath) => library switch
    {
        Secp256k1Library => Load(Secp256k1Names, "libsecp256k1", "libsecp256k1-1", assembly, searchPath),
        SodiumLibrary => Load(SodiumNames, "libsodium", "libsodium23", assembly, searchPath),
        _ => 0,
    };
}

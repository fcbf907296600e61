using System.Security.Cryptography;
using AgentPay.Chains.Crypto;
using AgentPay.Domain.Decisions;

namespace AgentPay.Chains.Evm;

/// <summary>Holds one private key in pinned memory, which is zeroed on disposal. Its text form is its address. Thread-safe until disposed.</summary>
public sealed class EvmSigner : IDisposable
{
    private const int KeyFileBytesMax = 1024;
    private readonly byte[] _key;
    private bool _disposed;

    /// <summary>Copies a 32-byte private key; the caller zeroes its own copy.</summary>
    /// <exception cref="ArgumentException">Not a number from 1 to the group order less 1. The message never shows it.</exception>
    public EvmSigner(ReadOnlySpan<byte> privateKey)
    {
        if (!Secp256k1.IsScalar(privateKey))
        {
            throw new ArgumentException("A private key is 32 bytes, from 1 to the group order less 1.", nameof(privateKey));
        }

        // Pinned, so that the collector leaves no copies behind.
        _key = GC.AllocateUninitializedArray<byte>(Secp256k1.ScalarBytes, pinned: true);
        privateKey.CopyTo(_key);
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeyBytes];
        Secp256k1.PublicKey(_key, publicKey);
        Address = Address.FromPublicKey(publicKey);
    }

    /// <summary>The key's address.</summary>
    public Address Address { get; }

    /// <summary>Reads 64 hexadecimal digits, with or without 0x.</summary>
    /// <exception cref="FormatException">Not that. The message never shows the text.</exception>
    public static EvmSigner Parse(ReadOnlySpan<char> hex)
    {
        var digits = hex.StartsWith("0x", StringComparison.Ordinal) ? hex[2..] : hex;
        Span<byte> key = stackalloc byte[Secp256k1.ScalarBytes];
        try
        {
            if (digits.Length != key.Length * 2
                || Convert.FromHexString(digits, key, out _, out _) != System.Buffers.OperationStatus.Done
                || !Secp256k1.IsScalar(key))
            {
                throw new FormatException("A private key is 64 hexadecimal digits of a number from 1 to the group order less 1.");
            }

            return new EvmSigner(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Reads a key from a text file that holds nothing else but white space around it.</summary>
    /// <exception cref="FormatException">Not a key file; the message names the file only.</exception>
    public static EvmSigner FromFile(string path)
    {
        var bytes = GC.AllocateArray<byte>(KeyFileBytesMax, pinned: true);
        var text = GC.AllocateArray<char>(KeyFileBytesMax, pinned: true);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var characters = System.Text.Encoding.ASCII.GetChars(bytes, 0, length, text, 0);
            return Parse(text.AsSpan(0, characters).Trim());
        }
        catch (FormatException)
        {
            throw new FormatException($"The file {path} does not hold one private key of 64 hexadecimal digits.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            Array.Clear(text);
        }
    }

    /// <summary>Signs a transaction. The same request gives the same bytes (RFC 6979).</summary>
    /// <exception cref="ObjectDisposedException">The key was zeroed.</exception>
    public SignedTransaction Sign(TransactionRequest request) => EvmTransaction.Join(request, SignDigest(EvmTransaction.SigningHash(request)));

    /// <summary>Signs a 32-byte digest, for example of EIP-712 data.</summary>
    /// <exception cref="ObjectDisposedException">The key was zeroed.</exception>
    public EcdsaSignature SignDigest(Bytes32 digest)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Span<byte> message = stackalloc byte[Bytes32.Length];
        Span<byte> signature = stackalloc byte[EcdsaSignature.Bytes];
        digest.WriteTo(message);
        signature[64] = (byte)Secp256k1.Sign(message, _key, signature[..64]);
        Invariant.That(EcdsaSignature.TryParse(signature, out var parsed), "A signature made here is one that is accepted here.");
        return parsed;
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    /// <summary>The address, never the key.</summary>
    public override string ToString() => Address.ToString();
}

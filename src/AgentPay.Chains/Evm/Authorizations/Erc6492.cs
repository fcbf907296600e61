using System.Diagnostics.CodeAnalysis;

namespace AgentPay.Chains.Evm;

/// <summary>How a wallet that is not deployed yet becomes deployed (ERC-6492).</summary>
/// <param name="Factory">The contract to call; never zero.</param>
/// <param name="Calldata">With what. The payer wrote it.</param>
public sealed record WalletDeployment(Address Factory, ReadOnlyMemory<byte> Calldata);

/// <summary>Signatures of wallets that may not be deployed yet: <c>abi.encode(factory, factoryCalldata, signature)</c> and 32 magic bytes (ERC-6492).</summary>
public static class Erc6492
{
    private const int FactoryAt = 0;
    private const int CalldataAt = UInt256.Bytes;
    private const int SignatureAt = 2 * UInt256.Bytes;

    private static readonly byte[] Magic = Convert.FromHexString("6492649264926492649264926492649264926492649264926492649264926492");

    /// <summary>True when the bytes end in the magic: whatever stands before it, this is no other kind of signature.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> signature) => signature.EndsWith(Magic);

    /// <summary>
    /// Takes a wrapped signature apart. Refused: what is no such encoding, a factory that is no address or the zero address, and a signature that is wrapped again.
    /// </summary>
    public static bool TryUnwrap(ReadOnlyMemory<byte> wrapped, [NotNullWhen(true)] out WalletDeployment? deployment, out ReadOnlyMemory<byte> signature)
    {
        (deployment, signature) = (null, default);
        if (!IsWrapped(wrapped.Span))
        {
            return false;
        }

        var body = wrapped[..^Magic.Length];
        if (!AbiReader.TryReadAddress(body.Span, FactoryAt, out var factory) || factory == Address.Zero
            || !AbiReader.TryReadBytes(body, CalldataAt, out var calldata)
            || !AbiReader.TryReadBytes(body, SignatureAt, out var inner) || IsWrapped(inner.Span))
        {
            return false;
        }

        (deployment, signature) = (new WalletDeployment(factory, calldata), inner);
        return true;
    }
}

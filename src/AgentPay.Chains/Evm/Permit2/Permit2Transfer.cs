namespace AgentPay.Chains.Evm;

/// <summary>A Permit2 transfer through the x402 proxy, with everything its check and its call need.</summary>
/// <param name="Token">The permitted token.</param>
/// <param name="From">The payer.</param>
/// <param name="To">The payee that the witness names.</param>
/// <param name="Value">Atoms.</param>
/// <param name="Nonce">The payer's random nonce; used once, in any order.</param>
/// <param name="Deadline">Unix seconds; the last block time that Permit2 takes.</param>
/// <param name="ValidAfter">Unix seconds; the first block time that the proxy takes.</param>
/// <param name="Signature">As it was given: 65 bytes r, s, v for a key, any bytes for a contract wallet.</param>
public sealed record Permit2Transfer(
    Address Token, Address From, Address To, UInt256 Value, UInt256 Nonce, UInt256 Deadline, UInt256 ValidAfter, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The payer has code and judges the signature itself (ERC-1271): Permit2 is handed the bytes unchanged.</summary>
    public bool PayerHasCode { get; init; }

    /// <summary>The approval of Permit2 that goes first in the same call (EIP-2612); null: the payer has approved it before.</summary>
    public Eip2612Permit? Permit { get; init; }
}

/// <summary>A signed approval of Permit2 by the payer of a <see cref="Permit2Transfer"/>, for exactly its value (EIP-2612).</summary>
/// <param name="Deadline">Unix seconds; the last block time that the token takes.</param>
/// <param name="Signature">The payer's key's.</param>
public sealed record Eip2612Permit(UInt256 Deadline, EcdsaSignature Signature);

using System.Collections.Concurrent;

namespace AgentPay.Chains.Evm;

/// <summary>An EIP-712 domain of four members.</summary>
/// <param name="Name">Name of the signing domain.</param>
/// <param name="Version">Its version.</param>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="VerifyingContract">The contract that will check the signature.</param>
public sealed record Eip712Domain(string Name, string Version, ulong ChainId, Address VerifyingContract)
{
    // Anyone may name a domain in a request, so the cache is bounded; the few tokens in use come back at once after it was emptied.
    private const int CachedMax = 4096;

    private static readonly Bytes32 Type =
        Eip712.TypeHash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    private static readonly ConcurrentDictionary<Eip712Domain, Bytes32> Separators = new();

    /// <summary>The domain separator; computed once per domain.</summary>
    public Bytes32 Separator()
    {
        if (Separators.TryGetValue(this, out var known))
        {
            return known;
        }

        var separator = Eip712.HashStruct(
            Type, [Eip712.HashText(Name), Eip712.HashText(Version), Bytes32.From((UInt256)ChainId), Bytes32.From(VerifyingContract)]);
        if (Separators.Count >= CachedMax)
        {
            Separators.Clear();
        }

        Separators[this] = separator;
        return separator;
    }
}

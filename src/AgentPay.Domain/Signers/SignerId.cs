using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Signers;

/// <summary>Names one of the engine's gas-paying keys on one network.</summary>
public static class SignerId
{
    /// <summary>The grain type of signers.</summary>
    public const string GrainType = "signer";

    /// <summary>The grain of a key.</summary>
    /// <param name="network">CAIP-2 network.</param>
    /// <param name="address">The key's address, lower case with 0x.</param>
    public static GrainRef GrainFor(string network, string address) => new(GrainType, KeyFor(network, address));

    /// <summary>The grain key of a signer.</summary>
    /// <param name="network">CAIP-2 network.</param>
    /// <param name="address">The key's address, lower case with 0x.</param>
    public static string KeyFor(string network, string address) => $"signer:{network}:{address}";

    /// <summary>Network and address of a grain key; false when it is none.</summary>
    public static bool TryParse(string key, out string network, out string address)
    {
        var last = key.LastIndexOf(':');
        if (!key.StartsWith("signer:", StringComparison.Ordinal) || last <= 7)
        {
            network = address = "";
            return false;
        }

        network = key[7..last];
        address = key[(last + 1)..];
        return true;
    }
}

using System.Collections.Concurrent;

namespace AgentPay.Chains.Evm;

/// <summary>Remembers which addresses hold a contract. Only presence is kept: what is missing today may be deployed tomorrow.</summary>
internal sealed class ContractCodes(TimeProvider clock)
{
    private const int AddressesMax = 4096;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<Address, long> _seen = new();

    public bool IsKnown(Address address) => _seen.TryGetValue(address, out var at) && clock.GetElapsedTime(at) < Lifetime;

    public void Remember(Address address)
    {
        if (_seen.Count >= AddressesMax)
        {
            _seen.Clear();
        }

        _seen[address] = clock.GetTimestamp();
    }
}

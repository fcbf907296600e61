#if ORLEANS
using AgentPay.Storage.Contract;

namespace AgentPay.Silo.Cluster;

/// <summary>For a process that decides nothing: it never has a key's lease.</summary>
internal sealed class NoLeases : ILeases
{
    public event Action? Changed
    {
        add { }
        remove { }
    }

    public void Want(string resource)
    {
    }

    public Fence? Find(string resource) => null;
}
#endif

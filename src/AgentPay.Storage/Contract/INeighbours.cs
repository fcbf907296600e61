namespace AgentPay.Storage.Contract;

/// <summary>What this process knows of others on the same store.</summary>
public interface INeighbours
{
    /// <summary>
    /// Names the time in which no other process can have written since, from 1; 0 while one may. Whoever read a row in a solitude knows, as long as the number
    /// is the same, that the row is still as it was but for this process's own writes.
    /// </summary>
    long Solitude { get; }
}

/// <summary>Resources that one process at a time has to itself, in the database's time. A process that dies loses them within seconds.</summary>
public interface ILeases
{
    /// <summary>A resource was won or lost, or is sure again after it was not. Told on a thread of the store; must return at once.</summary>
    event Action? Changed;

    /// <summary>Wants a resource from now on: takes it when it is free, and keeps it as long as the process lives.</summary>
    void Want(string resource);

    /// <summary>The fence of a resource this process surely has now; null when it is another's, or cannot be sure.</summary>
    Fence? Find(string resource);
}

/// <summary>A store that lets in one process only: nobody else is there, and everything is this process's own.</summary>
public sealed class OneProcess : INeighbours, ILeases
{
    /// <inheritdoc/>
    public event Action? Changed
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public long Solitude => 1;

    /// <inheritdoc/>
    public void Want(string resource)
    {
    }

    /// <inheritdoc/>
    public Fence? Find(string resource) => new(resource, 1);
}

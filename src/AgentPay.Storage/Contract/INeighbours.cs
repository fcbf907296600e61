namespace AgentPay.Storage.Contract;

/// <summary>What this process knows of others on the same store.</summary>
public interface INeighbours
{
    /// <summary>
    /// Names the time in which no other process can have written since, from 1; 0 while one may. Whoever read a row in a solitude knows, as long as the number
    /// is the same, that the row is still as it was but for this process's own writes.
    /// </summary>
    long Solitude { get; }

    /// <summary>Names this process among all that ever worked on the store; new at every start.</summary>
    string Self { get; }

    /// <summary>
    /// True when the process of that name ended, or was silent for so long that it was struck off: it writes nothing unless it registers anew. False while it may live.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nobody knows now.</exception>
    ValueTask<bool> IsGoneAsync(string process, CancellationToken cancellationToken);
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
/// <param name="self">See <see cref="INeighbours.Self"/>.</param>
public sealed class OneProcess(string self) : INeighbours, ILeases
{
    /// <summary>A process that started now.</summary>
    public OneProcess(TimeProvider clock)
        : this(Guid.CreateVersion7(clock.GetUtcNow()).ToString("N"))
    {
    }

    /// <inheritdoc/>
    public event Action? Changed
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public long Solitude => 1;

    /// <inheritdoc/>
    public string Self => self;

    /// <inheritdoc/>
    public ValueTask<bool> IsGoneAsync(string process, CancellationToken cancellationToken) => ValueTask.FromResult(process != Self);

    /// <inheritdoc/>
    public void Want(string resource)
    {
    }

    /// <inheritdoc/>
    public Fence? Find(string resource) => new(resource, 1);
}

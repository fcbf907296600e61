using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Writing;

/// <summary>A write that waits for its batch, and is answered after it.</summary>
internal interface IQueuedWrite
{
    /// <summary>Place in the queue, from 1; given under the queue's lock.</summary>
    long Ticket { get; set; }

    /// <summary><see cref="TimeProvider.GetTimestamp"/> when it was queued.</summary>
    long QueuedAt { get; set; }

    /// <summary>A write of another queue that must be through before this one is tried; null for none.</summary>
    Task? After => null;

    /// <summary>The decision it carries; null when it is none.</summary>
    Commit? Commit => null;

    void Complete();

    void Fail(StoreUnavailableException reason);
}

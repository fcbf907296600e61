using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>
/// The first sync that failed, after which this process writes nothing. The kernel tells such a failure once and may give the pages up: a later sync succeeds without
/// them (fsync(2), EIO). SQLite would go on, copy the rest of its log into the file, and begin the log anew over the only good copy of what was lost. A process that
/// opens the file afresh reads the whole log again, and writes it again (<see cref="LeftLog"/>).
/// </summary>
internal sealed class FailedSync(ILogger logger)
{
    private IOException? _refusal;

    /// <summary>Why nothing is written any more; null: no sync failed.</summary>
    internal IOException? Refusal => Volatile.Read(ref _refusal);

    /// <summary>Looks whether a failure was one of a sync.</summary>
    internal void Look(Exception failure)
    {
        if (failure is SqliteException { IsSync: true }
            && Interlocked.CompareExchange(ref _refusal, new IOException($"a sync failed, so nothing is written until the engine is started again. {failure.Message}", failure), null) is null)
        {
            logger.SyncFailed(failure);
        }
    }
}

using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Writing;

/// <summary>The store's messages, 2000 to 2099.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(2000, LogLevel.Information, "The store {Path} is open at schema {Schema}; migrations applied now: {Applied}.")]
    internal static partial void Opened(this ILogger logger, string path, long schema, int applied);

    [LoggerMessage(2001, LogLevel.Information, "The store {Path} is closed.")]
    internal static partial void Closed(this ILogger logger, string path);

    [LoggerMessage(2002, LogLevel.Information, "Another process brings the database to its schema; this one waits for it.")]
    internal static partial void WaitsForMigration(this ILogger logger);

    [LoggerMessage(2003, LogLevel.Information, "The database is brought to its schema by {Script}; where there are many rows this may take minutes.")]
    internal static partial void Migrates(this ILogger logger, string script);

    [LoggerMessage(2004, LogLevel.Warning, "{Script} waits for a table that somebody reads or writes for long, perhaps a backup. Engines that run go on meanwhile.")]
    internal static partial void WaitsForTable(this ILogger logger, string script);

    [LoggerMessage(2010, LogLevel.Error, "A batch of {Writes} writes failed; none was acknowledged.")]
    internal static partial void BatchFailed(this ILogger logger, int writes, Exception failure);

    [LoggerMessage(2018, LogLevel.Error, "The store has not written for {Seconds} s: {Batches} more batches failed since the last line, none was acknowledged. {Words}")]
    internal static partial void StillFails(this ILogger logger, long seconds, int batches, string words);

    [LoggerMessage(2011, LogLevel.Information, "The store writes again.")]
    internal static partial void WritesAgain(this ILogger logger);

    [LoggerMessage(2012, LogLevel.Warning, "The reply to COMMIT of batch {Batch} was a failure; read back, it is durable: {Durable}.")]
    internal static partial void CommitResolved(this ILogger logger, long batch, bool durable, Exception failure);

    [LoggerMessage(2013, LogLevel.Error, "The outcome of batch {Batch} cannot be read back yet; its writes stay open.")]
    internal static partial void CommitUnknown(this ILogger logger, long batch, Exception failure);

    [LoggerMessage(2017, LogLevel.Error, "A sync of the store failed: what it covered may never reach the disk. Nothing is written until the engine is started again.")]
    internal static partial void SyncFailed(this ILogger logger, Exception failure);

    [LoggerMessage(2014, LogLevel.Warning, "The reply to COMMIT of transaction {Transaction} was lost; read back, it is durable: {Durable}.")]
    internal static partial void TransactionResolved(this ILogger logger, string transaction, bool durable, Exception failure);

    [LoggerMessage(2015, LogLevel.Error, "The outcome of transaction {Transaction} cannot be read back now.")]
    internal static partial void TransactionUnknown(this ILogger logger, string transaction, Exception failure);

    [LoggerMessage(2020, LogLevel.Warning, "The database did not let this process renew its record; it tries again.")]
    internal static partial void BeatFailed(this ILogger logger, Exception failure);

    [LoggerMessage(2021, LogLevel.Error, "Another process took this one for dead. It writes nothing until it has registered anew.")]
    internal static partial void TakenForDead(this ILogger logger);

    [LoggerMessage(2022, LogLevel.Error, "The database has answered nothing for {Milliseconds} ms: requests are refused until it does.")]
    internal static partial void IsSilent(this ILogger logger, long milliseconds);

    [LoggerMessage(2023, LogLevel.Information, "The database answers again, after {Milliseconds} ms.")]
    internal static partial void Answers(this ILogger logger, long milliseconds);

    [LoggerMessage(2016, LogLevel.Warning, "The write-ahead log could not be copied into the database file; it stays until the next try.")]
    internal static partial void CheckpointFailed(this ILogger logger, Exception failure);
}

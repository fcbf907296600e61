using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>One grain of a batch: the version its row must have, and the newest decision made on that.</summary>
internal sealed class PlannedGrain(GrainRef grain, long rowVersion)
{
    internal GrainRef Grain => grain;

    internal long RowVersion { get; } = rowVersion;

    internal long Version { get; set; } = rowVersion;

    internal Commit? Newest { get; set; }

    /// <summary>The row's number; known once the batch has claimed it.</summary>
    internal long Id { get; set; }
}

/// <summary>The head of an event log or of an object: how many numbers a batch takes, then which ones, or in which order they are handed on.</summary>
internal sealed class PlannedHead(string name)
{
    internal string Name => name;

    internal long Count { get; set; }

    internal long Id { get; private set; }

    /// <summary>The newest number that was handed on.</summary>
    internal long Last { get; private set; }

    internal void StartAfter(long id, long lastSequence) => (Id, Last) = (id, lastSequence);

    internal long Next() => ++Last;

    /// <summary>Place among the heads of the batch, from 1, where the statement itself takes the numbers.</summary>
    internal int Place { get; private set; }

    private long Left { get; set; }

    internal void PlaceAt(int place) => (Place, Left) = (place, Count);

    /// <summary>How many numbers the batch takes after this one.</summary>
    internal long NextFromLast() => --Left;
}

internal readonly record struct PlannedEvent(PlannedHead Log, PlannedHead Object, EventDraft Draft, DateTimeOffset DecidedAt);

internal readonly record struct PlannedTransfer(PlannedGrain Grain, long Version, int Place, Transfer Transfer, DateTimeOffset DecidedAt);

internal readonly record struct PlannedMessage(MessageId Id, OutgoingMessage Message, DateTimeOffset DecidedAt);

internal readonly record struct PlannedAnswer(Answer Answer, DateTimeOffset DecidedAt);

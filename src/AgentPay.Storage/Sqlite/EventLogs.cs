using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Sqlite;

/// <summary>Where an event lies: position = log * 2^40 + sequence, so one log's events are neighbours in sequence.</summary>
internal static class EventLogs
{
    private const int SequenceBits = 40;

    internal static long Position(long log, long sequence)
    {
        Invariant.That(log is > 0 and < 1L << (63 - SequenceBits) && sequence is >= 0 and < 1L << SequenceBits, "An event log has fewer than 2^40 events, and there are fewer than 2^23 logs.");
        return (log << SequenceBits) | sequence;
    }

    internal static long SequenceOf(long position) => position & ((1L << SequenceBits) - 1);

    internal static long LogOf(long position) => position >> SequenceBits;
}

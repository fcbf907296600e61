using System.Globalization;
using System.Text;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

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

    /// <summary>FNV-1a over the object's UTF-8: the same in every process and version, for it decides where rows are found.</summary>
    internal static string ShardOf(string @object)
    {
        var hash = 2_166_136_261u;
        foreach (var octet in Encoding.UTF8.GetBytes(@object))
        {
            hash = unchecked((hash ^ octet) * 16_777_619u);
        }

        return string.Create(CultureInfo.InvariantCulture, $"shard:{hash % StoreLimits.EventShards}");
    }
}

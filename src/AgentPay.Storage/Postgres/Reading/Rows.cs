using System.Globalization;
using System.Numerics;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using Npgsql;

namespace AgentPay.Storage.Postgres.Reading;

/// <summary>What a row of each query becomes.</summary>
internal static class Rows
{
    internal static string Text(this NpgsqlDataReader row, int column) => StoredText.ToText(row.GetString(column));

    internal static DateTimeOffset Time(this NpgsqlDataReader row, int column) => StoredTime.ToTime(row.GetInt64(column));

    internal static byte[] Bytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    internal static GrainRef Grain(this NpgsqlDataReader row, int column) => new(row.Text(column), row.Text(column + 1));

    internal static StoredRecord Record(NpgsqlDataReader row) => new(row.Text(0), row.Bytes(1));

    internal static WaitingMessage Message(NpgsqlDataReader row) =>
        new(new MessageId(row.Grain(0), row.GetInt64(2), row.GetInt32(3)), row.Grain(4), row.Bytes(6), row.Time(7));

    internal static DueItem Due(NpgsqlDataReader row) => new(row.Grain(0), row.Text(2), row.Time(3));

    internal static StoredReminder Reminder(NpgsqlDataReader row) =>
        new(row.Grain(0), row.Text(2), row.Time(3), TimeSpan.FromTicks(row.GetInt64(4) * TimeSpan.TicksPerMicrosecond));

    internal static StoredEvent Event(NpgsqlDataReader row) => new(
        string.Create(CultureInfo.InvariantCulture, $"evt_{row.GetGuid(0):N}"),
        row.Text(1), row.GetInt64(2), row.Text(3), row.Text(4), row.GetInt64(5), row.Bytes(6), row.Time(7));

    internal static StoredTransfer Transfer(GrainRef grain, NpgsqlDataReader row) => new(
        grain, row.GetInt64(0), row.GetInt32(1),
        new Transfer(row.Text(2), row.Text(3), row.Text(4), (UInt128)row.GetFieldValue<BigInteger>(5), row.Text(6)), row.Time(7));

    internal static LedgerTotal Total(NpgsqlDataReader row) => new(row.Text(0), checked((Int128)row.GetFieldValue<BigInteger>(1)), row.GetInt64(2));
}

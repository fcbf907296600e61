using System.Buffers.Binary;

namespace AgentPay.Storage.Sqlite;

/// <summary>
/// The write-ahead log that a process left. What is read of it may be in the kernel's memory alone, where a sync failed and its pages were given up as written; commits
/// synced behind them would then be lost with them. So it is written again, as it is read and in its own place, before anything is built on it.
/// </summary>
internal static class LeftLog
{
    // sqlite.org/fileformat.html, "The WAL File Format".
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const int PageSizeAt = 8;
    private const int SaltAt = 16;
    private const int FrameSaltAt = 8;
    private const int SaltBytes = 8;
    private const int PageMax = 65_536;

    /// <summary>Writes and syncs all frames of the log's newest generation; what is left behind them from older ones is not read either.</summary>
    internal static void MakeDurable(string path)
    {
        using var log = Open(path + "-wal");
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (log is null || log.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
        {
            return;
        }

        WriteAgain(log, header);
        var pageSize = BinaryPrimitives.ReadUInt32BigEndian(header[PageSizeAt..]);
        if (pageSize is >= 512 and <= PageMax)
        {
            var frame = new byte[FrameHeaderBytes + (int)pageSize];
            while (log.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length
                && frame.AsSpan(FrameSaltAt, SaltBytes).SequenceEqual(header.Slice(SaltAt, SaltBytes)))
            {
                WriteAgain(log, frame);
            }
        }

        log.Flush(flushToDisk: true);
    }

    private static FileStream? Open(string path) =>
        File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0) : null;

    private static void WriteAgain(FileStream log, ReadOnlySpan<byte> bytes)
    {
        log.Position -= bytes.Length;
        log.Write(bytes);
    }
}

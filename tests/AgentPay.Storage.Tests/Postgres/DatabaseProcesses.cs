using System.Diagnostics;
using System.Globalization;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>A database server's processes, taken off the processor: its connections stay open and say nothing.</summary>
internal sealed class DatabaseProcesses
{
    private readonly string[] _ids;

    private DatabaseProcesses(string[] ids) => _ids = ids;

    /// <summary>The postmaster first, so that none is added while the others are stopped.</summary>
    internal static async Task<DatabaseProcesses> FreezeAsync(PrivatePostgres postgres)
    {
        var file = (string)(await postgres.ExecuteAsync("SELECT pg_read_file('postmaster.pid')"))!;
        var postmaster = file[..file.IndexOf('\n', StringComparison.Ordinal)];
        Send("-STOP", [postmaster]);
        var children = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _) && ParentOf(name) == postmaster);
        var frozen = new DatabaseProcesses([postmaster, .. children!]);
        Send("-STOP", frozen._ids);
        return frozen;
    }

    internal void Thaw() => Send("-CONT", _ids);

    /// <summary>The fourth word of /proc/[id]/stat, behind the name in brackets.</summary>
    private static string? ParentOf(string? id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }

    private static void Send(string signal, string[] ids)
    {
        using var kill = Process.Start("kill", [signal, .. ids]);
        kill.WaitForExit();
    }
}

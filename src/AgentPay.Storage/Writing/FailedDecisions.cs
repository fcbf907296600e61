using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Writing;

/// <summary>
/// Grains whose commit failed while later ones, decided on it, may already be queued. Those must fail even when a rival's commit gave the row
/// the version they expect. A commit handed over after the failure was told is judged by its version alone.
/// </summary>
internal sealed class FailedDecisions
{
    private readonly Dictionary<GrainRef, Window> _windows = [];

    internal void Add(GrainRef grain, long expectedVersion)
    {
        var from = expectedVersion + 1;
        _windows[grain] = new Window(_windows.TryGetValue(grain, out var open) ? Math.Min(open.FromVersion, from) : from, long.MaxValue);
    }

    internal bool Covers(GrainRef grain, long expectedVersion, long ticket) =>
        _windows.Count > 0 && _windows.TryGetValue(grain, out var window) && expectedVersion >= window.FromVersion && ticket <= window.ToTicket;

    /// <summary>The failures so far are told: writes after <paramref name="lastTicket"/> know of them.</summary>
    internal void Told(long lastTicket)
    {
        foreach (var (grain, window) in _windows)
        {
            if (window.ToTicket == long.MaxValue)
            {
                _windows[grain] = window with { ToTicket = lastTicket };
            }
        }
    }

    /// <summary>Forgets what no queued write can be built on: all writes up to <paramref name="ticket"/> are through.</summary>
    internal void Forget(long ticket)
    {
        foreach (var (grain, window) in _windows)
        {
            if (window.ToTicket <= ticket)
            {
                _windows.Remove(grain);
            }
        }
    }

    private readonly record struct Window(long FromVersion, long ToTicket);
}

using System.Collections.Concurrent;
using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Grains.Tests.Replays;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Tests;

/// <summary>Hears of broken invariants that a background loop only writes to its log, and keeps what was logged last for whoever reads of a broken promise.</summary>
internal sealed class DefectLog(ReplayTrace? trace = null) : ILoggerProvider, ILogger
{
    private const int LinesMax = 40;

    private readonly ConcurrentQueue<string> lines = new();
    private readonly long startedAt = TimeProvider.System.GetTimestamp();

    public ConcurrentQueue<string> Defects { get; } = new();

    /// <summary>The last lines, each with the real time since the history began.</summary>
    public IEnumerable<string> Lines => lines;

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(startedAt);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        trace?.Add($"log {eventId} {formatter(state, exception)} {exception?.Message}");
        lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds:0.000} s {formatter(state, exception)} {exception?.Message}"));
        if (lines.Count > LinesMax)
        {
            lines.TryDequeue(out _);
        }

        if (exception is InvariantBrokenException or NullReferenceException or KeyNotFoundException or OverflowException or ArgumentException)
        {
            Defects.Enqueue(exception.ToString());
        }
    }

    public void Dispose()
    {
    }
}

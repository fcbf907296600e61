using System.Collections.Concurrent;
using AgentPay.Domain.Decisions;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>Hears of broken invariants that a background loop only writes to its log.</summary>
internal sealed class DefectLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Defects { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is InvariantBrokenException or NullReferenceException or KeyNotFoundException or OverflowException or ArgumentException)
        {
            Defects.Enqueue(exception.ToString());
        }
    }

    public void Dispose()
    {
    }
}

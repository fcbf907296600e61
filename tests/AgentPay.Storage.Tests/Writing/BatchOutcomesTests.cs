using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Tests.Writing;

/// <summary>What an operator reads while the store does not write.</summary>
public sealed class BatchOutcomesTests
{
    private readonly Time _time = new();
    private readonly Lines _lines = new();
    private readonly BatchOutcomes _outcomes;

    public BatchOutcomesTests() => _outcomes = new BatchOutcomes(_time, _lines);

    [Fact]
    public void The_first_failure_is_a_line_and_those_after_it_are_one_more_each_ten_seconds()
    {
        for (var tenth = 0; tenth <= 201; tenth++)
        {
            _outcomes.Fail([], new IOException("gone"));
            _time.Now += TimeSpan.FromSeconds(0.1).Ticks;
        }

        Assert.Equal(
            [
                "2010 A batch of 0 writes failed; none was acknowledged.",
                "2018 The store has not written for 10 s: 100 more batches failed since the last line, none was acknowledged. gone",
                "2018 The store has not written for 20 s: 100 more batches failed since the last line, none was acknowledged. gone",
            ],
            _lines.Told);
    }

    [Fact]
    public void When_it_writes_again_the_next_failure_is_a_first_one()
    {
        _outcomes.Fail([], new IOException("gone"));
        _outcomes.Complete([], 0);
        _outcomes.Complete([], 0);
        _outcomes.Fail([], new IOException("gone"));

        Assert.Equal(["2010", "2011", "2010"], _lines.Told.Select(line => line[..4]));
    }

    private sealed class Time : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }

    private sealed class Lines : ILogger
    {
        public List<string> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Told.Add($"{eventId.Id} {formatter(state, exception)}");
    }
}

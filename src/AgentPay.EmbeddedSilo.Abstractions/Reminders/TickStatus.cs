namespace Orleans.Runtime;

/// <summary>Which tick of a reminder this is. All times are UTC.</summary>
[GenerateSerializer, Immutable]
public readonly struct TickStatus
{
    /// <summary>Makes the status of one tick.</summary>
    public TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
    {
        FirstTickTime = firstTickTime;
        Period = period;
        CurrentTickTime = timeStamp;
    }

    /// <summary>When the first tick was due.</summary>
    [Id(0)]
    public DateTime FirstTickTime { get; }

    /// <summary>The time between ticks.</summary>
    [Id(1)]
    public TimeSpan Period { get; }

    /// <summary>When this tick was sent.</summary>
    [Id(2)]
    public DateTime CurrentTickTime { get; }

    /// <inheritdoc />
    public override string ToString() => $"first tick {FirstTickTime:O}, every {Period}, now {CurrentTickTime:O}";
}

using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>
/// Which writer takes a grain's writes. Few at a time go to one writer: a batch costs the same COMMIT however small it is, and two writers wait
/// for each other's event logs. Many are shared out. A lane of grains changes its writer only while none of its writes is under way.
/// </summary>
/// <param name="writers">1 or 2.</param>
/// <param name="spreadAbove">How many writes under way are still few.</param>
internal sealed class WriterLanes(int writers, int spreadAbove)
{
    private const int Lanes = 4_096;

    /// <summary>For each lane its writer (the low bit), and twice its writes under way.</summary>
    private readonly long[] _lanes = new long[Lanes];
    private long _underWay;

    /// <summary>Whoever enters has to leave.</summary>
    internal WriterLane Enter(string key)
    {
        var lane = (int)(EventShards.Hash(key) % Lanes);
        var crowded = Interlocked.Increment(ref _underWay) > spreadAbove && writers > 1;
        while (true)
        {
            var now = Volatile.Read(ref _lanes[lane]);
            var then = now >= 2 ? now + 2 : 2 + (crowded ? lane % 2 : 0);
            if (Interlocked.CompareExchange(ref _lanes[lane], then, now) == now)
            {
                return new WriterLane(this, lane, (int)(then % 2));
            }
        }
    }

    internal void Leave(int lane)
    {
        _ = Interlocked.Decrement(ref _underWay);
        _ = Interlocked.Add(ref _lanes[lane], -2);
    }
}

/// <summary>A place in a lane.</summary>
internal readonly record struct WriterLane(WriterLanes Lanes, int Number, int Writer)
{
    internal void Leave() => Lanes?.Leave(Number);
}

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>
/// When to write what was gathered to its places. A round takes all that waits when it begins, in the order of the places, a part with each batch: neighbours share
/// their pages, and no batch waits for more than its own part. When a round ends, what was noted until it began need not be known any more.
/// </summary>
/// <param name="changesMin">So many changes since the last round begin the next; more of them share a page, and are read again after a start.</param>
internal sealed class GatheredRounds<TItem>(int changesMin)
{
    private readonly List<TItem> _round = [];
    private int _next;
    private int _changes;

    /// <summary>Up to where all is at its place when this round ends.</summary>
    internal long Until { get; private set; }

    internal bool IsUnderWay => _next < _round.Count;

    /// <summary>Notes this batch's changes, and begins a round when it is time for one.</summary>
    /// <param name="changes">How many.</param>
    /// <param name="until">Names the newest of them.</param>
    /// <param name="waiting">All that waits, these too, in the order of the places; asked when a round begins.</param>
    internal void Add(int changes, long until, Func<IEnumerable<TItem>> waiting)
    {
        _changes += changes;
        if (IsUnderWay || _changes < changesMin)
        {
            return;
        }

        _round.Clear();
        _round.AddRange(waiting());
        (_next, _changes, Until) = (0, 0, until);
    }

    /// <summary>The part of the round that goes with a batch: twice what came, so that a round is over before the next is due.</summary>
    internal IEnumerable<TItem> Take(int changes)
    {
        for (var left = (2 * changes) + 1; left > 0 && IsUnderWay; left--)
        {
            yield return _round[_next++];
        }
    }

    /// <summary>What was read anew waits from the beginning.</summary>
    internal void Restart(int changes)
    {
        _round.Clear();
        (_next, _changes) = (0, changes);
    }
}

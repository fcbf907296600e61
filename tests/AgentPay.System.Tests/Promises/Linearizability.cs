namespace AgentPay.SystemTests.Promises;

/// <summary>One call on an object, as its caller saw it.</summary>
/// <param name="Invoked">When it was asked.</param>
/// <param name="Returned">When it was answered; <see cref="Never"/>: nobody was told, so it happened at any later time, or not.</param>
/// <param name="Step">What it did and what was told of it.</param>
internal sealed record Call<TStep>(long Invoked, long Returned, TStep Step)
{
    public const long Never = long.MaxValue;
}

/// <summary>
/// Looks for an order of the calls on one object in which each stands between its question and its answer, and in which one thing at a time could have told all that
/// was told (Wing and Gong, "Testing and Verifying Concurrent Objects", 1993). It tries every order; what was tried is remembered by the calls done and the state they left.
/// </summary>
/// <param name="step">The state after a call; null: in this state it could not have been told what it was.</param>
internal sealed class Linearizability<TState, TStep>(Func<TState, TStep, TState?> step)
    where TState : class, IEquatable<TState>
{
    /// <summary>Calls of one history, at most.</summary>
    public const int CallsMax = 256;

    private readonly HashSet<(UInt128 Low, UInt128 High, TState State)> _tried = [];

    /// <summary>States looked at in the last search.</summary>
    public int Tried => _tried.Count;

    /// <summary>True when there is such an order.</summary>
    public bool Holds(TState first, IEnumerable<Call<TStep>> history)
    {
        var calls = history.OrderBy(call => call.Invoked).ThenBy(call => call.Returned).ToArray();
        Assert.True(calls.Length <= CallsMax, $"{calls.Length} calls are more than this looks at.");
        _tried.Clear();
        return Search(calls, default, default, first);
    }

    private bool Search(Call<TStep>[] calls, UInt128 low, UInt128 high, TState state)
    {
        var end = EndOfFirst(calls, low, high);
        if (end == Call<TStep>.Never)
        {
            return true;
        }

        if (!_tried.Add((low, high, state)))
        {
            return false;
        }

        for (var place = 0; place < calls.Length && calls[place].Invoked <= end; place++)
        {
            if (!IsDone(low, high, place) && step(state, calls[place].Step) is { } next)
            {
                var bit = UInt128.One << (place % 128);
                if (place < 128 ? Search(calls, low | bit, high, next) : Search(calls, low, high | bit, next))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>No call that was asked later than this can be the next: another was answered before. Never: all that were answered have their place.</summary>
    private static long EndOfFirst(Call<TStep>[] calls, UInt128 low, UInt128 high)
    {
        var end = Call<TStep>.Never;
        for (var place = 0; place < calls.Length && calls[place].Invoked <= end; place++)
        {
            end = IsDone(low, high, place) ? end : Math.Min(end, calls[place].Returned);
        }

        return end;
    }

    private static bool IsDone(UInt128 low, UInt128 high, int place) => (((place < 128 ? low : high) >> (place % 128)) & 1) == 1;
}

using System.Collections.Concurrent;

namespace AgentPay.Grains.Tests;

/// <summary>
/// Counts the calls that have had their first turn: whatever they could answer at once they have answered, the others wait. Calls of one caller need not
/// arrive in their order, so a test that starts several waits for each.
/// </summary>
internal sealed class FirstTurns : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> calls = [];
    private int begun;
    private int ended;

    /// <summary>How many calls have begun, if all that have begun have ended; null while one is under way.</summary>
    public int? WhenNoneIsUnderWay
    {
        get
        {
            // The ended are counted first: a call that begins in between is seen as one under way.
            var over = Volatile.Read(ref ended);
            var all = Volatile.Read(ref begun);
            return over == all ? all : null;
        }
    }

    /// <summary>Calls of this method, of any grain.</summary>
    public int Of(string method) => calls.GetValueOrDefault(method);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        Interlocked.Increment(ref begun);
        try
        {
            var rest = context.Invoke();
            calls.AddOrUpdate(context.MethodName, 1, static (_, count) => count + 1);
            await rest;
        }
        finally
        {
            Interlocked.Increment(ref ended);
        }
    }
}

using System.Collections.Concurrent;

namespace AgentPay.Grains.Tests;

/// <summary>
/// Counts the calls that have had their first turn: whatever they could answer at once they have answered, the others wait. Calls of one caller need not
/// arrive in their order, so a test that starts several waits for each.
/// </summary>
internal sealed class FirstTurns : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> calls = [];

    /// <summary>Calls of this method, of any grain.</summary>
    public int Of(string method) => calls.GetValueOrDefault(method);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var rest = context.Invoke();
        calls.AddOrUpdate(context.MethodName, 1, static (_, count) => count + 1);
        await rest;
    }
}

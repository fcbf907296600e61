using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace AgentPay.Grains.Facilitator;

/// <summary>Too many failures of one payer or caller: wait.</summary>
/// <param name="retryAfter">How long.</param>
public sealed class FailureBudgetExceededException(TimeSpan retryAfter) : Exception("Too many failed payments; wait and try again.")
{
    /// <summary>How long to wait.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>
/// Counts failures, per payer those that cost the engine gas, per caller those it was asked in vain, and asks for patience past the limit.
/// In memory: a restart forgives.
/// </summary>
public sealed class FailureBudget(IOptions<FacilitatorSettings> settings, TimeProvider clock)
{
    private static readonly TimeSpan PayerWindow = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan CallerWindow = TimeSpan.FromMinutes(1);
    private const int EntriesMax = 100_000;

    private readonly ConcurrentDictionary<string, Window> payers = new();
    private readonly ConcurrentDictionary<string, Window> callers = new();

    /// <summary>Stops unless the payer may still cost gas.</summary>
    /// <exception cref="FailureBudgetExceededException">It may not.</exception>
    public void RequireRoom(string payer) => Require(payers, payer, settings.Value.PayerFailuresMax);

    /// <summary>A settlement of this payer cost gas in vain.</summary>
    public void Failed(string payer) => Count(payers, payer, PayerWindow);

    /// <summary>Stops unless the caller may still ask.</summary>
    /// <exception cref="FailureBudgetExceededException">It may not.</exception>
    public void RequireCallerRoom(string caller) => Require(callers, caller, settings.Value.CallerFailuresMax);

    /// <summary>A request of this caller was refused.</summary>
    public void CallerFailed(string caller) => Count(callers, caller, CallerWindow);

    private void Require(ConcurrentDictionary<string, Window> windows, string who, int failuresMax)
    {
        if (windows.TryGetValue(who, out var window) && window.Failures >= failuresMax && window.Ends > clock.GetUtcNow())
        {
            throw new FailureBudgetExceededException(window.Ends - clock.GetUtcNow());
        }
    }

    private void Count(ConcurrentDictionary<string, Window> windows, string who, TimeSpan length)
    {
        var now = clock.GetUtcNow();
        if (windows.Count > EntriesMax)
        {
            // Rather forgive everyone than spend memory or time on a flood of names.
            windows.Clear();
        }

        windows.AddOrUpdate(
            who,
            _ => new Window(1, now + length),
            (_, window) => window.Ends <= now ? new Window(1, now + length) : window with { Failures = window.Failures + 1 });
    }

    private sealed record Window(int Failures, DateTimeOffset Ends);
}

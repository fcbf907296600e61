using System.Collections.Concurrent;
using AgentPay.Domain.Settlements;
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
/// <para>
/// Of a payer, what is undecided counts as failures to be. Without a failure there is room for <see cref="FacilitatorSettings.PayerUndecidedMax"/>, enough for an
/// honest agent that pays for much at once and the most gas a stranger can burn in one go; after a failure only for as many as may still fail. Each success since
/// then makes room for one more: it cost the engine gas as well, so nobody earns a cheaper way to burn it.
/// </para>
/// </summary>
public sealed class FailureBudget(IOptions<FacilitatorSettings> settings, TimeProvider clock)
{
    private static readonly TimeSpan PayerWindow = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan CallerWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UndecidedWait = TimeSpan.FromSeconds(2);
    private const int EntriesMax = 100_000;

    private readonly ConcurrentDictionary<string, Window> payers = new();
    private readonly ConcurrentDictionary<string, Window> callers = new();

    /// <summary>Stops unless the payer may still cost gas, beside what it has undecided.</summary>
    /// <exception cref="FailureBudgetExceededException">It may not.</exception>
    public void RequireRoom(string payer, int undecided)
    {
        var failuresMax = settings.Value.PayerFailuresMax;
        Require(payers, payer, failuresMax);
        var window = payers.TryGetValue(payer, out var known) && LeftOf(known) > TimeSpan.Zero ? known : Window.Empty;
        var room = window.Failures == 0 ? settings.Value.PayerUndecidedMax : failuresMax - window.Failures;
        if (undecided >= (long)room + window.Successes)
        {
            throw new FailureBudgetExceededException(UndecidedWait);
        }
    }

    /// <summary>A settlement of this payer cost gas in vain.</summary>
    public void Failed(string payer) => Count(payers, payer, PayerWindow, static window => window with { Failures = window.Failures + 1, Successes = 0 });

    /// <summary>A settlement of this payer was paid.</summary>
    public void Succeeded(string payer) => Count(payers, payer, PayerWindow, static window => window with { Successes = window.Successes + 1 });

    /// <summary>A settlement ended. One that no transaction ever held cost no gas of its own.</summary>
    public void Ended(Settlement settlement)
    {
        if (settlement is { Status: SettlementStatus.Failed, Transaction: not null })
        {
            Failed(settlement.Terms.Payer);
        }
        else if (settlement.IsPaid)
        {
            Succeeded(settlement.Terms.Payer);
        }
    }

    /// <summary>Stops unless the caller may still ask.</summary>
    /// <exception cref="FailureBudgetExceededException">It may not.</exception>
    public void RequireCallerRoom(string caller) => Require(callers, caller, settings.Value.CallerFailuresMax);

    /// <summary>A request of this caller was refused.</summary>
    public void CallerFailed(string caller) => Count(callers, caller, CallerWindow, static window => window with { Failures = window.Failures + 1 });

    private void Require(ConcurrentDictionary<string, Window> windows, string who, int failuresMax)
    {
        if (windows.TryGetValue(who, out var window) && window.Failures >= failuresMax && LeftOf(window) is { Ticks: > 0 } left)
        {
            throw new FailureBudgetExceededException(left);
        }
    }

    private void Count(ConcurrentDictionary<string, Window> windows, string who, TimeSpan length, Func<Window, Window> count)
    {
        if (windows.Count > EntriesMax)
        {
            // Rather forgive everyone than spend memory or time on a flood of names.
            windows.Clear();
        }

        var first = count(Window.Empty with { StartedAt = clock.GetTimestamp(), Length = length });
        windows.AddOrUpdate(who, first, (_, window) => LeftOf(window) <= TimeSpan.Zero ? first : count(window));
    }

    private TimeSpan LeftOf(Window window) => window.Length - clock.GetElapsedTime(window.StartedAt);

    private sealed record Window(int Failures, int Successes, long StartedAt, TimeSpan Length)
    {
        public static readonly Window Empty = new(0, 0, 0, TimeSpan.Zero);
    }
}

using AgentPay.Chains.Evm;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Tests.Replays;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>What one payment's callers were told.</summary>
internal sealed class SimulatedPayment(Payment payment)
{
    private readonly Lock gate = new();
    private readonly List<(string? Key, bool Delivered, bool WasOnChain)> successes = [];

    public Payment Payment { get; } = payment;

    /// <summary>Somebody else used the authorization at least once.</summary>
    public bool IsFrontRun { get; set; }

    /// <summary>Its successes: to which key, whether the answer was marked as delivered, whether a block had it when success was said.</summary>
    public IReadOnlyList<(string? Key, bool Delivered, bool WasOnChain)> Successes
    {
        get
        {
            lock (gate)
            {
                return [.. successes];
            }
        }
    }

    /// <summary>Asks the engine to settle it, and marks the answer as delivered or not.</summary>
    /// <returns>What went wrong that must never go wrong; null when nothing did.</returns>
    public async Task<string?> SettleAsync(Engine engine, string? key, bool delivered, ReplayTrace? trace = null)
    {
        try
        {
            var answer = await engine.SettleAsync(Payment, key);
            trace?.Add($"answer {Payment.Id} to {key} {answer.Response}");
            var transfer = Payment.Transfer;
            var wasOnChain = engine.Chain.WasEverUsed(transfer.Token, transfer.From, transfer.Nonce);
            var marked = false;
            try
            {
                await answer.CloseAsync(delivered);
                marked = delivered;
                trace?.Add($"close {Payment.Id} to {key} {delivered}");
            }
            finally
            {
                if (answer.Response.Success)
                {
                    lock (gate)
                    {
                        successes.Add((key, marked, wasOnChain));
                    }
                }
            }

            return null;
        }
        catch (Exception e) when (e is StoreUnavailableException or ChainUnavailableException or FailureBudgetExceededException or OperationCanceledException or TimeoutException or OrleansException)
        {
            // Nobody can tell now: the caller asks again.
            trace?.Add($"no answer {Payment.Id} to {key} {e.Message}");
            return null;
        }
        catch (Exception e)
        {
            return $"A settle broke: {e}";
        }
    }
}

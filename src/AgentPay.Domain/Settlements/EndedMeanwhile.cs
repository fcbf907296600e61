using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Settlements;

/// <summary>
/// The no to who joins a payment under way that ended without success meanwhile, or whose run died before it was reserved. It stays inside the engine: the payment
/// is held against the chain, which was not asked while it was under way, and then tried anew or refused by what the chain says.
/// </summary>
public static class EndedMeanwhile
{
    /// <summary>Its code; no answer to a caller carries it.</summary>
    public const string Code = "payment_ended";

    internal static readonly Refusal Refusal = new(Code, "This payment ended while it was looked at.");
}

using System.Diagnostics.CodeAnalysis;

namespace AgentPay.Domain.Decisions;

/// <summary>What must be true. A broken invariant is a defect of the engine: the decision stops before anything is written.</summary>
public static class Invariant
{
    /// <summary>Stops unless <paramref name="condition"/> holds.</summary>
    /// <exception cref="InvariantBrokenException">It does not hold.</exception>
    public static void That([DoesNotReturnIf(false)] bool condition, string sentence)
    {
        if (!condition)
        {
            throw new InvariantBrokenException(sentence);
        }
    }
}

/// <summary>The engine contradicts itself; nothing was written.</summary>
public sealed class InvariantBrokenException(string sentence) : Exception(sentence);

using System.Globalization;

namespace AgentPay.Testing;

/// <summary>How much the tests that can run for ever run: the one place that reads it from the environment.</summary>
public static class TestScale
{
    /// <summary>One history repeated, then nothing else: what a failed simulation prints. Null: the usual ones.</summary>
    public static int? Seed { get; } = Read("AGENTPAY_SEED");

    /// <summary>How many histories the simulation runs.</summary>
    public static int Seeds { get; } = Read("AGENTPAY_SEEDS") ?? 1000;

    /// <summary>The first of them: another one is another thousand.</summary>
    public static int FirstSeed { get; } = Read("AGENTPAY_FIRST_SEED") ?? 1;

    /// <summary>What counts of rounds, callers and rows are multiplied with; 1 unless a long run asks for more.</summary>
    public static int Factor { get; } = Read("AGENTPAY_SCALE") ?? 1;

    private static int? Read(string name)
    {
        var text = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(text) ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new ArgumentException($"{name} is a number above zero, not '{text}'.");
    }
}

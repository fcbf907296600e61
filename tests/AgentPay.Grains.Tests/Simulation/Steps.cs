namespace AgentPay.Grains.Tests.Simulation;

/// <summary>What can happen in a history.</summary>
internal enum StepKind
{
    Settle,
    SettleTwice,
    Mine,
    PassTime,
    Reorganize,
    LoseAnswers,
    NodeDown,
    NodeUp,
    FeesUp,
    FeesDown,
    ForeignNonces,
    ForeignGone,
    NonceTaken,
    FrontRun,
    Cancel,
    Burn,
    RevertOn,
    RevertOff,
    HideReceipts,
    ShowReceipts,
    Kill,
    StoreDown,
    StoreUp,
    CommitsFail,
    HoldCommits,
    HoldAnswers,
    Release,
}

/// <summary>One thing that happens; what <paramref name="A"/> and <paramref name="B"/> mean depends on it.</summary>
internal readonly record struct Step(StepKind Kind, int A, int B)
{
    public override string ToString() => $"{Kind}({A},{B})";
}

/// <summary>A history made from its seed alone: the same seed gives the same steps on every machine.</summary>
internal sealed record History(int Seed, bool CanShare, int Confirmations, int Payers, int Payments, IReadOnlyList<Step> Steps)
{
    private static readonly (StepKind Kind, int Weight)[] Weights =
    [
        (StepKind.Settle, 22), (StepKind.SettleTwice, 6), (StepKind.Mine, 16), (StepKind.PassTime, 12), (StepKind.Reorganize, 5), (StepKind.LoseAnswers, 2),
        (StepKind.NodeDown, 2), (StepKind.NodeUp, 3), (StepKind.FeesUp, 2), (StepKind.FeesDown, 3), (StepKind.ForeignNonces, 2), (StepKind.ForeignGone, 2),
        (StepKind.NonceTaken, 2), (StepKind.FrontRun, 2), (StepKind.Cancel, 1), (StepKind.Burn, 1), (StepKind.RevertOn, 1), (StepKind.RevertOff, 2),
        (StepKind.HideReceipts, 1), (StepKind.ShowReceipts, 2), (StepKind.Kill, 3), (StepKind.StoreDown, 1), (StepKind.StoreUp, 2), (StepKind.CommitsFail, 2),
        (StepKind.HoldCommits, 1), (StepKind.HoldAnswers, 1), (StepKind.Release, 2),
    ];

    public static History Of(int seed)
    {
        var random = new Random(seed);
        var payers = random.Next(1, 5);
        var payments = random.Next(2, 9);
        var steps = new Step[random.Next(10, 36)];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = new Step(Draw(random), random.Next(1000), random.Next(1000));
        }

        return new History(seed, random.Next(2) == 0, random.Next(4) == 0 ? 2 : 1, payers, payments, steps);
    }

    public override string ToString() =>
        $"seed {Seed}: {Payments} payments of {Payers} payers, {(CanShare ? "shared" : "single")} transactions, {Confirmations} confirmations; {string.Join(' ', Steps)}";

    private static StepKind Draw(Random random)
    {
        var left = random.Next(Weights.Sum(static item => item.Weight));
        foreach (var (kind, weight) in Weights)
        {
            left -= weight;
            if (left < 0)
            {
                return kind;
            }
        }

        return StepKind.Mine;
    }
}

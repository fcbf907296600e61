using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Tests.Replays;
using AgentPay.Testing;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>Lets one history happen to a real engine, heals everything, and judges what is left.</summary>
internal sealed class Simulation : IAsyncDisposable
{
    /// <summary>A round is as short on a database whose commits wait for a disk and whose leases are of the real time: it takes more of them.</summary>
    private static readonly int RoundsMax = ChosenStore.IsPostgres ? 4_000 : 400;
    private static readonly FeeQuote Calm = new(IsLegacy: false, 2_000_000_000UL, 1_000_000_000UL);
    private static readonly FeeQuote High = new(IsLegacy: false, 20_000_000_000UL, 5_000_000_000UL);

    private readonly History history;
    private readonly Engine engine;
    private readonly DefectLog log;
    private readonly Replay? replay;
    private readonly List<SimulatedPayment> payments = [];
    private List<Task<string?>> asked = [];
    private readonly List<string> broken = [];

    private Simulation(History history, Engine engine, DefectLog log, Replay? replay) =>
        (this.history, this.engine, this.log, this.replay) = (history, engine, log, replay);

    /// <summary>Every promise that did not hold, in words; none when all did.</summary>
    /// <param name="history">What happens.</param>
    /// <param name="replay">A world that is the same each time; null for a real store and the machine's own threads.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(History history, Replay? replay = null)
    {
        var log = new DefectLog(replay?.Trace);
        var engine = await Engine.StartAsync(history.Confirmations, settleWaitSeconds: 20, history.CanShare, log: log, replay: replay);
        await using var simulation = new Simulation(history, engine, log, replay);
        await simulation.LiveAsync();
        var lived = log.Elapsed;
        var rounds = await simulation.HealAsync();
        var healed = log.Elapsed;
        var judge = new Judge(engine, simulation.payments);
        string[] found = [.. simulation.broken, .. log.Defects, .. await judge.FindBrokenAsync(isHealed: rounds < RoundsMax)];
        return found.Length == 0 ? [] : [.. found, $"Lived {lived}, healed in {rounds} rounds until {healed}.", await simulation.StandingAsync(), .. log.Lines];
    }

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private async Task LiveAsync()
    {
        (engine.Chain.SafeDepth, engine.Chain.FinalizedDepth) = (2, Engine.FinalityDepth);
        engine.Chain.Mine();
        for (var i = 0; i < history.Payments; i++)
        {
            payments.Add(new SimulatedPayment(engine.PayAs(i % history.Payers, TimeSpan.FromSeconds(60 + (i * 37 % 240)))));
        }

        foreach (var step in history.Steps)
        {
            replay?.Trace.Add($"step {step} at {engine.Clock.GetUtcNow():O} on {engine.Chain.Height}");
            await DoAsync(step);
            for (var i = 0; i < step.B % 3; i++)
            {
                await PauseAsync();
            }
        }
    }

    private async Task DoAsync(Step step)
    {
        var chain = engine.Chain;
        var payment = payments[step.A % payments.Count];
        var (token, payer, nonce) = (payment.Payment.Transfer.Token, payment.Payment.Transfer.From, payment.Payment.Transfer.Nonce);
        switch (step.Kind)
        {
            case StepKind.Settle:
                Ask(payment, step.B);
                break;
            case StepKind.SettleTwice:
                Ask(payment, step.B);
                Ask(payment, step.B / 2);
                break;
            case StepKind.Mine:
                chain.Mine(1 + (step.A % 3));
                break;
            case StepKind.PassTime:
                engine.Clock.Advance(TimeSpan.FromMilliseconds(100 * (1 + (step.A % 100))));
                break;
            case StepKind.Reorganize:
                chain.Reorganize((int)Math.Min(1 + ((ulong)step.A % 3), chain.Height), dropped: step.B % 2 == 0);
                break;
            case StepKind.LoseAnswers:
                chain.LostAnswers = 1 + (step.A % 3);
                break;
            case StepKind.NodeDown or StepKind.NodeUp:
                chain.IsAvailable = step.Kind == StepKind.NodeUp;
                break;
            case StepKind.FeesUp:
                (chain.BaseFee, chain.Fees) = (5_000_000_000UL, step.A % 2 == 0 ? High : Calm);
                break;
            case StepKind.FeesDown:
                (chain.BaseFee, chain.Fees) = (UInt256.One, Calm);
                break;
            case StepKind.ForeignNonces:
                chain.AddForeign(engine.Gas, 1 + ((ulong)step.A % 2));
                break;
            case StepKind.ForeignGone:
                chain.DropForeign();
                break;
            case StepKind.NonceTaken:
                chain.TakeNonce(engine.Gas);
                break;
            case StepKind.FrontRun:
                FrontRun(payment);
                break;
            case StepKind.Cancel when !chain.IsSpent(token, payer, nonce):
                chain.CancelAuthorization(token, payer, nonce);
                break;
            case StepKind.Burn:
                chain.Burn(token, payer);
                break;
            case StepKind.RevertOn or StepKind.RevertOff:
                chain.RevertsAll = step.Kind == StepKind.RevertOn;
                break;
            case StepKind.HideReceipts or StepKind.ShowReceipts:
                chain.HidesReceipts = step.Kind == StepKind.HideReceipts;
                break;
            case StepKind.Kill:
                await KillAsync();
                break;
            default:
                TroubleStore(step);
                break;
        }
    }

    private void TroubleStore(Step step)
    {
        var left = 1 + (step.A % 4);
        switch (step.Kind)
        {
            case StepKind.StoreDown or StepKind.StoreUp:
                engine.Store.IsDown = step.Kind == StepKind.StoreDown;
                break;
            case StepKind.CommitsFail when step.B % 4 == 0:
                engine.Store.LandsLate = _ => Interlocked.Decrement(ref left) >= 0;
                break;
            case StepKind.CommitsFail when step.B % 4 == 1:
                engine.Store.LandsUntold = _ => Interlocked.Decrement(ref left) >= 0;
                break;
            case StepKind.CommitsFail when replay is not null && step.B % 2 == 0:
                replay.FailingBatches = left;
                break;
            case StepKind.CommitsFail:
                engine.Store.Fails = _ => Interlocked.Decrement(ref left) >= 0;
                break;
            case StepKind.HoldCommits:
                engine.Store.HoldBefore = _ => Interlocked.Decrement(ref left) >= 0;
                break;
            case StepKind.HoldAnswers:
                engine.Store.HoldAfter = _ => Interlocked.Decrement(ref left) >= 0;
                break;
            case StepKind.Release:
                engine.Store.Release();
                break;
        }
    }

    /// <summary>Half of the callers have one of two keys; one in eight hangs up before its answer is delivered.</summary>
    private void Ask(SimulatedPayment payment, int choice) =>
        asked.Add(payment.SettleAsync(engine, (choice % 4) switch { 0 => "one", 1 => "two", _ => null }, delivered: choice / 4 % 8 != 0, replay?.Trace));

    private void FrontRun(SimulatedPayment payment)
    {
        try
        {
            engine.Chain.FrontRun(payment.Payment.Transfer);
            payment.IsFrontRun = true;
        }
        catch (InvalidOperationException)
        {
            // It was used, cancelled, is over or cannot be paid: nobody can front-run it.
        }
    }

    private async Task KillAsync()
    {
        await CollectAsync();
        await engine.KillAsync(timePasses: true);
        asked = [];
    }

    private async Task CollectAsync()
    {
        foreach (var answer in asked.Where(task => task.IsCompleted))
        {
            if (await answer is { } words)
            {
                broken.Add(words);
            }
        }

        asked.RemoveAll(task => task.IsCompleted);
    }

    /// <summary>All trouble ends; blocks come and time passes until everything is decided.</summary>
    private async Task<int> HealAsync()
    {
        var chain = engine.Chain;
        engine.Store.Release();
        (engine.Store.IsDown, engine.Store.Fails, engine.Store.LandsUntold) = (false, _ => false, _ => false);
        replay?.FailingBatches = 0;
        (chain.LostAnswers, chain.RevertsAll, chain.HidesReceipts, chain.BaseFee, chain.Fees) = (0, false, false, UInt256.One, Calm);
        chain.DropForeign();
        chain.IsAvailable = true;
        var rounds = 0;
        while (rounds < RoundsMax && !(asked.Count == 0 && await IsAtRestAsync()))
        {
            rounds++;
            engine.Clock.Advance(TimeSpan.FromSeconds(rounds < 20 ? 1 : 5));
            await PauseAsync();
            chain.Mine();
            await PauseAsync();
            await CollectAsync();
        }

        return rounds;
    }

    private async Task<bool> IsAtRestAsync()
    {
        if (!await engine.IsIdleAsync())
        {
            return false;
        }

        foreach (var payment in payments)
        {
            if (await engine.StatusAsync(payment.Payment) is not (null or SettlementStatus.Final or SettlementStatus.Failed or SettlementStatus.Released))
            {
                return false;
            }
        }

        return engine.Chain.Pool.Count == 0 && await engine.SignerAsync() is { InFlight: 0, Waiting.IsEmpty: true, Transactions.IsEmpty: true, Foreign: null };
    }

    private async Task<string> StandingAsync()
    {
        var signer = await engine.SignerAsync();
        var chain = string.Join(' ', engine.Desk.Health);
        var forms = string.Join("; ", signer.Transactions.Values.Select(transaction => $"{transaction.Nonce}: {string.Join(' ', transaction.Forms.Select(form => form.Hash))} block {transaction.Block}"));
        return $"{chain} asked {asked.Count}, waiting {signer.Waiting.Count}, open {forms}, pool {string.Join(' ', engine.Chain.Pool)}, submissions {engine.Chain.Submissions}, key held {string.Join(' ', engine.Desk.KeysHeld)}.";
    }

    // Not a wait for something: the engine's threads get a chance to go on, so that histories differ in how far it came.
    private Task PauseAsync() => replay?.PauseAsync() ?? Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Engine.Stop);
}

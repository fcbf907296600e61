using System.Collections.Concurrent;
using System.Globalization;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Chains;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>Payments that wait for their payers' approvals do not wait for each other.</summary>
public sealed class ApprovalWatchTests
{
    [Fact]
    public async Task One_that_is_never_answered_holds_up_no_other()
    {
        await using var engine = await Engine.StartAsync();
        await HoldAsync(engine, 2, static (payer, stop) => payer == 0 ? NeverAsync(stop) : Said(Permit2Verdict.Accepted));

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.Count == 1, timePasses: true);

        Assert.Equal("held 0", (await engine.SignerAsync()).Waiting.Values.Single().Settlement);
    }

    [Fact]
    public async Task One_that_cannot_be_told_about_holds_up_no_other_and_is_asked_again()
    {
        await using var engine = await Engine.StartAsync();
        var isTold = false;
        await HoldAsync(engine, 2, (payer, _) => payer == 0 && !Volatile.Read(ref isTold)
            ? Task.FromException<Permit2Reading>(new ChainUnavailableException("The token tells nothing."))
            : Said(Permit2Verdict.Accepted));

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.Count == 1, timePasses: true);
        Assert.Equal("held 0", (await engine.SignerAsync()).Waiting.Values.Single().Settlement);

        Volatile.Write(ref isTold, true);
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);
    }

    [Fact]
    public async Task So_many_are_looked_at_at_a_time_and_all_in_turn()
    {
        await using var engine = await Engine.StartAsync();
        var (gate, now, most, seen) = (new Lock(), 0, 0, new ConcurrentDictionary<int, bool>());
        await HoldAsync(engine, 3 * ApprovalWatch.AtOnceMax, async (payer, _) =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++now);
            }

            await Task.Yield();
            lock (gate)
            {
                now--;
            }

            seen[payer] = true;
            return new Permit2Reading(PayerHasCode: false, Permit2Verdict.Accepted);
        });

        await engine.UntilAsync(() => seen.Count == 3 * ApprovalWatch.AtOnceMax, timePasses: true);
        Assert.InRange(most, 1, ApprovalWatch.AtOnceMax);
    }

    private static Task<Permit2Reading> Said(Permit2Verdict verdict) => Task.FromResult(new Permit2Reading(PayerHasCode: false, verdict));

    private static async Task<Permit2Reading> NeverAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        throw new InvalidOperationException("Never.");
    }

    /// <summary>Payments whose approvals are not mined wait for the key, as a start finds them.</summary>
    private static async Task HoldAsync(Engine engine, int count, Func<int, CancellationToken, Task<Permit2Reading>> tell)
    {
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(payment, SettlementStatus.Submitted);
        var terms = (await engine.ReadAsync(payment))!.Terms;
        for (var i = 0; i < count; i++)
        {
            var number = i.ToString("x40", CultureInfo.InvariantCulture);
            var held = terms with { Method = SettlementMethods.Permit2, Payer = "0x" + number, Approval = new ApprovalTerms("0x02", "0x" + i.ToString("x64", CultureInfo.InvariantCulture), 0) };
            await engine.DecideElsewhereAsync(
                SignerId.GrainFor(engine.Chain.Network, engine.Gas.ToString()),
                signer => signer.Take(new SettlementWork($"held {i}", 1, held), null, engine.Clock.GetUtcNow()));
        }

        engine.Chain.Permit2 = new Permit2Words(tell);
        await engine.KillAsync();
    }

    /// <summary>A node's words on each payer's transfer, by the payer's number.</summary>
    private sealed class Permit2Words(Func<int, CancellationToken, Task<Permit2Reading>> tell) : IPermit2Chain
    {
        public Task<Permit2Reading> ReadTransferAsync(Permit2Transfer transfer, CancellationToken cancellationToken) =>
            tell(int.Parse(transfer.From.ToString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture), cancellationToken);

        public Task<bool> ReadNonceAsync(Address owner, UInt256 nonce, BlockTag? block, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task<AuthorizationTrace> FindAsync(Permit2Transfer transfer, ulong fromBlock, CancellationToken cancellationToken) =>
            Task.FromResult(new AuthorizationTrace(AuthorizationFate.NoTrace, null));
    }
}

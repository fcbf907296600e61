using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Messages;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Journal;

/// <summary>What a grain says is durable: decisions run ahead of the disk, answers do not.</summary>
public sealed class JournalTests
{
    [Fact]
    public async Task Decisions_go_on_while_the_first_is_not_durable_and_no_answer_leaves_before_it_is()
    {
        await using var engine = await Engine.StartAsync();
        var grain = engine.Grains.GetGrain<ISettlementGrain>(engine.Pay().Id);
        engine.Store.HoldBefore = commit => commit.Grain.Type == SettlementId.GrainType;

        var admitted = grain.AdmitAsync(Admit(grain, "first"), Engine.Stop);
        await engine.UntilAsync(() => engine.Store.Held.Count == 1);
        var refused = grain.AdmitAsync(Admit(grain, "second"), Engine.Stop);
        var read = grain.GetAsync(Engine.Stop);
        await engine.UntilAsync(() => engine.Turns.Of(nameof(ISettlementGrain.AdmitAsync)) == 2 && engine.Turns.Of(nameof(ISettlementGrain.GetAsync)) == 1);
        var released = grain.ReleaseAsync(new ReleasePayment("first"));
        await engine.UntilAsync(() => engine.Store.Held.Count == 2);
        Assert.DoesNotContain(true, new[] { admitted.IsCompleted, refused.IsCompleted, read.IsCompleted, released.IsCompleted });

        engine.Store.Release();

        Assert.Equal("first", (await admitted).State!.Admission!.Key);
        Assert.Equal("payment_in_use", (await refused).Refusal!.Code);
        Assert.Equal(SettlementStatus.Admitted, (await read)!.Status);
        Assert.Equal(SettlementStatus.Released, (await released).State!.Status);
    }

    [Fact]
    public async Task A_refusal_behind_a_message_that_was_gone_stays_a_refusal()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        engine.Store.AppliesInOrder = false;
        engine.Store.HoldBefore = commit => commit.Consumes is not null;
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Store.Held.Count == 1);
        var (grain, state) = (engine.Grains.GetGrain<ISettlementGrain>(payment.Id), (await engine.ReadAsync(payment))!);
        var report = new SettlementReported(new SubmitSettlement("0x01"), state.Attempt, state.Terms.Digest);
        var gone = new FactEnvelope(report, new GrainRef(SignerId.GrainType, SignerId.KeyFor(engine.Chain.Network, engine.Gas.ToString())), Version: 99, Index: 0);
        var receiver = engine.Grains.GetGrain<IFactReceiver>(GrainId.Create(payment.Grain.Type, payment.Grain.Key));

        var told = receiver.ReceiveAsync(gone);
        await engine.UntilAsync(() => engine.Store.Held.Count == 2);
        var refused = grain.AdmitAsync(Admit(grain, "second"), Engine.Stop);
        await engine.UntilAsync(() => engine.Turns.Of(nameof(ISettlementGrain.AdmitAsync)) == 1);
        Assert.False(refused.IsCompleted);
        engine.Store.Release();

        Assert.False(await told);
        Assert.NotNull((await refused).Refusal);
    }

    [Fact]
    public async Task A_write_that_fails_takes_all_that_was_decided_on_it_back()
    {
        await using var engine = await Engine.StartAsync();
        var grain = engine.Grains.GetGrain<ISettlementGrain>(engine.Pay().Id);
        Assert.Null(await grain.GetAsync(Engine.Stop));
        engine.Store.IsDown = true;

        await Assert.ThrowsAnyAsync<Exception>(() => grain.AdmitAsync(Admit(grain, "lost"), Engine.Stop));

        engine.Store.IsDown = false;
        Assert.Null(await grain.GetAsync(Engine.Stop));
        Assert.Equal("kept", (await grain.AdmitAsync(Admit(grain, "kept"), Engine.Stop)).State!.Admission!.Key);
    }

    [Fact]
    public async Task A_write_that_lands_after_it_was_given_up_is_seen_by_the_next_who_asks()
    {
        await using var engine = await Engine.StartAsync();
        var grain = engine.Grains.GetGrain<ISettlementGrain>(engine.Pay().Id);
        engine.Store.LandsLate = commit => commit.Grain.Type == SettlementId.GrainType;
        await Assert.ThrowsAnyAsync<Exception>(() => grain.AdmitAsync(Admit(grain, "late"), Engine.Stop));
        Assert.Null(await grain.GetAsync(Engine.Stop));

        engine.Store.Release();
        await engine.UntilAsync(() => !engine.Store.IsWriting);

        Assert.Equal("late", (await grain.GetAsync(Engine.Stop))!.Admission!.Key);
    }

    [Fact]
    public async Task What_others_say_of_a_write_that_landed_after_it_was_given_up_is_no_defect()
    {
        var log = new DefectLog();
        await using var engine = await Engine.StartAsync(log: log);
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        engine.Store.LandsLate = commit => commit.Grain.Type == SettlementId.GrainType;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.AnswerAsync(payment));
        Assert.Null(await engine.Grains.GetGrain<ISettlementGrain>(payment.Id).GetAsync(Engine.Stop));

        engine.Store.Release();

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        Assert.Empty(log.Defects);
    }

    [Fact]
    public async Task What_is_kept_of_a_write_that_landed_after_it_was_given_up_is_no_defect()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var grain = engine.Grains.GetGrain<ISettlementGrain>(payment.Id);
        engine.Store.LandsLate = commit => commit.Grain.Type == SettlementId.GrainType;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.AnswerAsync(payment));
        Assert.Null(await grain.GetAsync(Engine.Stop));
        engine.Store.Release();
        await engine.UntilAsync(() => !engine.Store.IsWriting);

        await grain.KeepAnswerAsync(new SoldAnswer(SoldAnswer.FingerprintOf("order-1", "GET /report"), 200, "text/plain", "", ""));

        Assert.True((await grain.GetAsync(Engine.Stop))!.Answered);
    }

    [Fact]
    public async Task A_commit_the_store_refuses_outright_leaves_nothing_in_memory()
    {
        await using var engine = await Engine.StartAsync();
        var grain = engine.Grains.GetGrain<ISettlementGrain>(engine.Pay().Id);
        var tooLarge = Admit(grain, new string('k', 2 << 20));

        await Assert.ThrowsAnyAsync<Exception>(() => grain.AdmitAsync(tooLarge, Engine.Stop));

        Assert.Null(await grain.GetAsync(Engine.Stop));
        Assert.Equal("small", (await grain.AdmitAsync(Admit(grain, "small"), Engine.Stop)).State!.Admission!.Key);
    }

    [Fact]
    public async Task A_grain_that_could_not_be_read_is_read_again()
    {
        await using var engine = await Engine.StartAsync();
        var grain = engine.Grains.GetGrain<ISettlementGrain>(engine.Pay().Id);
        engine.Store.IsDown = true;
        await Assert.ThrowsAnyAsync<Exception>(() => grain.GetAsync(Engine.Stop));

        engine.Store.IsDown = false;

        Assert.Null(await grain.GetAsync(Engine.Stop));
    }

    [Fact]
    public async Task A_commit_between_the_reads_of_a_state_and_its_records_does_not_tear_them_apart()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var first = engine.Pay();
        Assert.True((await engine.AnswerAsync(first)).Response.Success);
        var (pen, work) = (engine.Desk.PenFor(engine.Chain.Network, engine.Gas.ToString()), new SettlementWork(first.Id, 1, (await engine.ReadAsync(first))!.Terms));

        // Another process gives out the next nonce while the signer is read here.
        var isRivalFirst = false;
        engine.BeforeRecords = async grain =>
        {
            if (!isRivalFirst && grain.Type == SignerId.GrainType)
            {
                isRivalFirst = true;
                await engine.DecideElsewhereAsync(grain, signer => signer.Take(work, pen, engine.Clock.GetUtcNow()));
            }
        };
        await engine.KillAsync();

        Assert.True(isRivalFirst);
        var signer = await engine.SignerAsync();
        Assert.All(signer.Transactions.Keys, nonce => Assert.True(nonce < signer.NextNonce, $"Nonce {nonce} is out, and {signer.NextNonce} is next."));
        var second = engine.Pay();
        _ = engine.SettleAsync(second);
        await engine.UntilAsync(second, SettlementStatus.Confirmed, timePasses: true);
        Assert.Equal(2 * Engine.Price, engine.PaidTo(Engine.Merchant));
    }

    private static AdmitPayment Admit(ISettlementGrain grain, string key)
    {
        var parts = grain.GetPrimaryKeyString().Split(':');
        var terms = new SettlementTerms
        {
            Network = $"{parts[1]}:{parts[2]}",
            Method = parts[3],
            Token = parts[4],
            DomainName = "USDC",
            DomainVersion = "2",
            Payer = parts[5],
            PayTo = Engine.Merchant.ToString(),
            Atoms = 1,
            ValidAfter = "0",
            ValidBefore = "4000000000",
            Nonce = parts[6],
            Signature = "0x",
            Digest = parts[6],
            GasLimit = 1,
        };
        return new AdmitPayment(terms, new Admission(key, "GET /quote", "process-1", DateTimeOffset.MaxValue), OthersAreGone: true);
    }
}

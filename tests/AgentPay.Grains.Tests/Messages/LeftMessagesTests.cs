using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Messages;

/// <summary>What a start finds in the rows.</summary>
public sealed class LeftMessagesTests
{
    [Theory]
    [InlineData(20, 1_000)]
    [InlineData(1, 3_000)]
    public async Task Thousands_of_messages_that_nobody_can_read_hide_none_behind_them(int times, int messages)
    {
        await using var engine = await Engine.StartAsync();
        for (var i = 0; i < times; i++)
        {
            var unreadable = Enumerable.Repeat(new OutgoingMessage(new GrainRef(SettlementId.GrainType, "stl:old"), "{}"u8.ToArray()), messages);
            var written = await engine.Store.CommitAsync(new Commit
            {
                Grain = new GrainRef("old", "one"),
                ExpectedVersion = i,
                State = "{}"u8.ToArray(),
                DecidedAt = engine.Clock.GetUtcNow().AddDays(-1).AddSeconds(i),
                Messages = [.. unreadable],
            });
            Assert.Equal(CommitStatus.Committed, written.Status);
        }

        engine.Store.HoldAfter = commit => commit.Grain.Type == SignerId.GrainType && commit.Messages.Count > 0;
        var payment = engine.Pay(lifetime: TimeSpan.FromDays(1));
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1 || !engine.Store.Held.IsEmpty, timePasses: true);
        await engine.KillAsync();
        engine.Chain.Automine = true;

        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        await engine.AssertLedgerShowsTheChainAsync();
    }
}

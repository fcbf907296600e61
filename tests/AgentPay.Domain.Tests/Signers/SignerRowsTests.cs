using System.Collections.Immutable;
using System.Text.Json;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Domain.Tests.Settlements;
using AgentPay.Testing;

namespace AgentPay.Domain.Tests.Signers;

/// <summary>A signer is stored as its state and the rows that changed; what is read back is what was in memory.</summary>
public sealed class SignerRowsTests
{
    private static readonly int Steps = 400 * TestScale.Factor;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(20260101)]
    public void After_every_step_of_any_history_state_and_rows_make_the_signer_in_memory(int seed)
    {
        var dice = new Random(seed);
        var signer = Signer.New("eip155:84532", Given.Signer);
        var rows = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var used = new HashSet<ulong>();
        for (var step = 0; step < Steps; step++)
        {
            var outcome = Next(signer, dice, step);

            // A nonce carries settlements once. One that the chain says is free again, its foreign transaction lost with a block, is used up by a transaction that moves nothing.
            Assert.All(outcome.State!.Transactions.Keys.Except(signer.Transactions.Keys), nonce => Assert.True(
                used.Add(nonce) || outcome.State.Transactions[nonce] is { Settlements.IsEmpty: true, Gift: null }, $"Nonce {nonce} given out twice."));
            signer = outcome.State;
            foreach (var row in outcome.Effects.Records)
            {
                Assert.True(row.Body is not null || rows.ContainsKey(row.Id), "A row that was never written is not removed.");
                if (row.Body is { } body)
                {
                    rows[row.Id] = body;
                }
                else
                {
                    rows.Remove(row.Id);
                }
            }

            var stored = signer with
            {
                Transactions = ImmutableSortedDictionary<ulong, SignerTransaction>.Empty,
                Waiting = ImmutableSortedDictionary<long, SettlementWork>.Empty,
                InFlight = 0,
            };
            Assert.Equal(Text(signer), Text(SignerRows.Attach(stored, rows.Select(row => (row.Key, row.Value)))));
        }
    }

    private static Outcome<Signer> Next(Signer signer, Random dice, int step)
    {
        var now = Given.Now.AddSeconds(step);
        var pen = dice.Next(5) switch
        {
            0 => null,
            1 => TestPen.Alone,
            _ => new TestPen(new SendingLimits(1 + dice.Next(4), 1 + dice.Next(8), 500_000, dice.Next(3) == 0 ? 5_000_000u : 0) { GasMoney = new GasMoneyLimits(1_000_000_000, 1) { Fee = (UInt128)step } }, dice.Next(2), (UInt128)step),
        };
        var open = signer.Transactions.Values.ToArray();
        var any = open.Length == 0 ? null : open[dice.Next(open.Length)];
        var block = new BlockReference((ulong)dice.Next(3), "0x" + dice.Next(3));
        var held = signer.Waiting.Where(item => item.Value.IsHeld).Select(item => (item.Key, item.Value.Terms.Payer)).FirstOrDefault();
        return (dice.Next(14), any) switch
        {
            (0, _) => Sync(signer, dice, step, pen, now),
            (1, _) => signer.SendWaiting(pen, now),
            (2, { } one) => signer.Mined(one.Nonce, one.Newest.Hash, block, [.. one.Settlements.Select(_ => Report(dice, one, block))], dice.Next(2) == 0),
            (3, { } one) => signer.Lost(one.Nonce, one.Block ?? block),
            (4, { } one) => signer.NonceTaken(one.Nonce, pen, now),
            (5, { } one) => signer.Final([one.Nonce]),
            (6, { } one) => signer.Outbid([one.Nonce], pen, now),
            (7, _) => signer.FillForeign((ulong)dice.Next(step + 1), pen, now),
            (8, _) when held.Payer is not null => signer.Give(held.Key, new GasNeed(held.Payer, (UInt128)dice.Next(1, 9), 70_000, 1, 50_000), UInt128.MaxValue, pen, now),
            (9, _) when held.Payer is not null => signer.Approved(held.Key, pen, now),
            (10, _) => signer.Take(Hold(SignerTests.Work(step, now.AddSeconds(dice.Next(8)))), pen, now),
            _ => signer.Take(SignerTests.Work(step, now.AddSeconds(dice.Next(8))), pen, now),
        };
    }

    private static SettlementWork Hold(SettlementWork work) =>
        work with { Terms = work.Terms with { Payer = work.Settlement, Approval = new ApprovalTerms("0x02", "0xaa", 0) } };

    private static Outcome<Signer> Sync(Signer signer, Random dice, int step, TransactionPen? pen, DateTimeOffset now)
    {
        var mined = dice.Next(step + 1);
        return signer.Sync((ulong)mined, (ulong)(mined + dice.Next(3)), pen, now);
    }

    private static SettlementCommand Report(Random dice, SignerTransaction transaction, BlockReference block) => dice.Next(3) == 0
        ? new FailSettlement(SettlementRefusals.TransactionFailed)
        : new ConfirmSettlement(transaction.Newest.Hash, block);

    /// <summary>Every member as text: records with arrays inside do not compare by value.</summary>
    private static string Text(Signer signer) =>
        $"{signer.NextNonce} {signer.Synced} {signer.NextTicket} {signer.InFlight} "
        + JsonSerializer.Serialize(signer.Transactions) + JsonSerializer.Serialize(signer.Waiting);
}

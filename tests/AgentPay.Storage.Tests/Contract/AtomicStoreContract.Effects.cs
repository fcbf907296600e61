using System.Globalization;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

public abstract partial class AtomicStoreContract
{
    [Fact]
    public async Task A_transfer_debits_one_account_and_credits_the_other()
    {
        await CommittedAsync(Some.Commit("w") with { Transfers = [Some.Transfer("payer", "merchant", 250), Some.Transfer("merchant", "fees", 10)] });

        Assert.Equal((Int128)(-250), await Store.ReadBalanceAsync("payer", Some.Usdc, Cancel));
        Assert.Equal((Int128)240, await Store.ReadBalanceAsync("merchant", Some.Usdc, Cancel));
        Assert.Equal((Int128)10, await Store.ReadBalanceAsync("fees", Some.Usdc, Cancel));
        Assert.Equal((Int128)0, await Store.ReadBalanceAsync("fees", "another", Cancel));
        Assert.Equal((Int128)0, await Store.ReadBalanceAsync("nobody", Some.Usdc, Cancel));
    }

    [Fact]
    public async Task Ledger_rows_come_back_as_decided()
    {
        Transfer[] transfers = [Some.Transfer("a", "b", 1), new Transfer("b", "c", "asset:2", (UInt128)Int128.MaxValue, "reversed")];
        await CommittedAsync(Some.Commit("w"));
        await CommittedAsync(Some.Commit("w", 1) with { Transfers = transfers });

        Assert.Equal(
            [new StoredTransfer(Some.Grain("w"), 2, 0, transfers[0], Some.Now), new StoredTransfer(Some.Grain("w"), 2, 1, transfers[1], Some.Now)],
            await Store.ReadTransfersAsync(Some.Grain("w"), Cancel));
    }

    [Fact]
    public async Task Sums_beyond_64_bits_are_exact()
    {
        var large = UInt128.Parse("85070591730234615865843651857942052863", CultureInfo.InvariantCulture);
        await CommittedAsync(Some.Commit("w") with { Transfers = [Some.Transfer("a", "b", large), Some.Transfer("a", "b", large), Some.Transfer("b", "a", 1)] });

        Assert.Equal((Int128)large + (Int128)large - 1, await Store.ReadBalanceAsync("b", Some.Usdc, Cancel));
        Assert.Equal([new LedgerTotal(Some.Usdc, 0, 3)], await Store.ReadLedgerTotalsAsync(Cancel));
    }

    [Fact]
    public async Task The_ledger_sums_to_zero_in_each_asset_while_it_is_written()
    {
        var writers = Enumerable.Range(0, 20).Select(writer => Task.Run(
            async () =>
            {
                for (var version = 0; version < 20; version++)
                {
                    await CommittedAsync(Some.Commit($"w{writer}", version) with { Transfers = [Some.Transfer($"p{writer}", "m", 3), Some.Transfer("m", "f", 1, "asset:2")] });
                }
            },
            Cancel)).ToArray();

        var all = Task.WhenAll(writers);
        do
        {
            Assert.All(await Store.ReadLedgerTotalsAsync(Cancel), total => Assert.Equal((Int128)0, total.PostingSum));
        }
        while (!all.IsCompleted);

        await all;
        Assert.Equal([400L, 400L], (await Store.ReadLedgerTotalsAsync(Cancel)).Select(total => total.Transfers));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("170141183460469231731687303715884105728")]
    public async Task A_transfer_of_nothing_or_of_more_than_127_bits_is_a_defect(string atoms) =>
        await Assert.ThrowsAsync<InvariantBrokenException>(() =>
            Store.CommitAsync(Some.Commit("w") with { Transfers = [Some.Transfer("a", "b", UInt128.Parse(atoms, CultureInfo.InvariantCulture))] }));

    [Fact]
    public async Task An_event_comes_back_as_decided_with_its_numbers()
    {
        await CommittedAsync(Some.Commit("w") with { Account = "acct_1", Events = [Some.Event("o1"), Some.Event("o2", """{"a":1}""")] });
        await CommittedAsync(Some.Commit("w", 1) with { Account = "acct_2", Events = [Some.Event("o2", "later")] });

        var entry = (await Store.ReadEventsAsync("acct_1", 1, 10, Cancel)).Single();
        Assert.Matches("^evt_[0-9a-f]{12}7[0-9a-f]{19}$", entry.Id);
        Assert.Equal(
            ("acct_1", 2L, "wallet.charged", "o2", 1L, """{"a":1}""", Some.Now),
            (entry.Account, entry.Sequence, entry.Type, entry.Object, entry.ObjectSequence, Some.Text(entry.Body), entry.CreatedAt));
        Assert.Equal(
            [("acct_1", 2L, 1L), ("acct_2", 1L, 2L)],
            (await Store.ReadObjectEventsAsync("o2", Cancel)).Select(one => (one.Account, one.Sequence, one.ObjectSequence)));
    }

    [Fact]
    public async Task Events_are_read_after_a_sequence_and_not_more_than_asked()
    {
        await CommittedAsync(Some.Commit("w") with { Account = "acct_1", Events = [.. Enumerable.Range(0, 10).Select(_ => Some.Event("o"))] });
        Assert.Equal([4L, 5L, 6L], (await Store.ReadEventsAsync("acct_1", 3, 3, Cancel)).Select(entry => entry.Sequence));
        Assert.Equal([10L], (await Store.ReadEventsAsync("acct_1", 9, 3, Cancel)).Select(entry => entry.Sequence));
        Assert.Empty(await Store.ReadEventsAsync("acct_1", 10, 3, Cancel));
        Assert.Empty(await Store.ReadEventsAsync("acct_2", 0, 3, Cancel));
    }

    [Fact]
    public async Task Ids_of_events_begin_with_the_time_of_the_decision()
    {
        await CommittedAsync(Some.Commit("w") with { Account = "acct_1", Events = [Some.Event("o")] });
        var id = (await Store.ReadEventsAsync("acct_1", 0, 1, Cancel)).Single().Id;
        Assert.Equal(Some.Now.ToUnixTimeMilliseconds(), long.Parse(id.AsSpan(4, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Without_an_account_an_objects_events_share_one_of_the_shards()
    {
        for (var number = 0; number < 40; number++)
        {
            await CommittedAsync(Some.Commit($"w{number}") with { Events = [Some.Event($"o{number}"), Some.Event($"o{number}")] });
        }

        var total = 0;
        for (var shard = 0; shard < StoreLimits.EventShards; shard++)
        {
            var events = await Store.ReadEventsAsync($"shard:{shard}", 0, 100, Cancel);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
            total += events.Count;
        }

        Assert.Equal(80, total);
        Assert.Equal("shard:10", Assert.Single((await Store.ReadObjectEventsAsync("o0", Cancel)).Select(entry => entry.Account).Distinct()));
    }

    [Fact]
    public async Task An_objects_events_are_one_sequence_whoever_decides_them()
    {
        var namesake = new GrainRef("invoice", "w");
        await CommittedAsync(Some.Commit("other") with { Events = [Some.Event("late", "1")] });
        await CommittedAsync(Some.Commit("w") with { Events = [Some.Event("w", "1")] });
        await CommittedAsync(Some.Commit(namesake) with { Events = [Some.Event("w", "2")] });
        await CommittedAsync(Some.Commit("other", 1) with { Events = [Some.Event("w", "3"), Some.Event("late", "2")] });
        await ReopenAsync();
        await CommittedAsync(Some.Commit("late") with { Events = [Some.Event("late", "3")] });
        await CommittedAsync(Some.Commit(namesake, 1) with { Events = [Some.Event("w", "4"), Some.Event("late", "4")] });
        await Task.WhenAll(
            CommittedAsync(Some.Commit("w", 1) with { Events = [Some.Event("w", "5")] }),
            CommittedAsync(Some.Commit("other", 2) with { Events = [Some.Event("w", "6"), Some.Event("late", "5")] }),
            CommittedAsync(Some.Commit("late", 1) with { Events = [Some.Event("late", "6")] }));

        // The last ones were decided by different grains side by side: either may be first.
        Assert.Contains(await EventsAsync("w"), (string[])["w1=1 w2=2 w3=3 w4=4 w5=5 w6=6", "w1=1 w2=2 w3=3 w4=4 w5=6 w6=5"]);
        Assert.Contains(
            await EventsAsync("late"),
            (string[])["late1=1 late2=2 late3=3 late4=4 late5=5 late6=6", "late1=1 late2=2 late3=3 late4=4 late5=6 late6=5"]);
        Assert.Equal("", await EventsAsync("other"));
        Assert.Equal(3, (await Store.ReadAsync(Some.Grain("other"), Cancel))!.Version);
    }

    [Fact]
    public async Task Grains_of_one_key_and_another_type_are_other_grains()
    {
        var namesake = new GrainRef("invoice", "w");
        await CommittedAsync(Some.Commit("w", 0, "wallet") with
        {
            Transfers = [Some.Transfer("a", "b", 1)],
            Messages = [Some.Message("x")],
            Due = [new DueChange("expire", Some.Now)],
            Records = [new RecordChange("r", Some.Bytes("wallet"))],
        });
        await CommittedAsync(Some.Commit(namesake, 0, "invoice") with { Transfers = [Some.Transfer("a", "b", 2)], Records = [new RecordChange("r", Some.Bytes("invoice"))] });
        await Store.RemoveMessageAsync(new MessageId(namesake, 1, 0), Cancel);
        await Store.ClearDueAsync(new DueItem(namesake, "expire", Some.Now), Cancel);
        await ReopenAsync();

        Assert.Equal("1:wallet", await StateAsync("w"));
        Assert.Equal("invoice", Some.Text((await Store.ReadAsync(namesake, Cancel))!.State));
        Assert.Equal(2, (int)(await Store.ReadTransfersAsync(namesake, Cancel)).Single().Transfer.Atoms);
        Assert.Equal("invoice", Some.Text((await Store.ReadRecordsAsync(namesake, Cancel)).Single().Body));
        Assert.Single(await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
        Assert.Equal(Some.Grain("w"), (await Store.ReadDueAsync(Some.Now, 10, Cancel)).Single().Grain);
        Assert.Equal((Int128)3, await Store.ReadBalanceAsync("b", Some.Usdc, Cancel));
    }

    private async Task<string> EventsAsync(string name) => string.Join(
        ' ', (await Store.ReadObjectEventsAsync(name, Cancel)).Select(entry => $"{entry.Object}{entry.ObjectSequence}={Some.Text(entry.Body)}"));
}

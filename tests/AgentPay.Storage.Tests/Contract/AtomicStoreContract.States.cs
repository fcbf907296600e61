using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

public abstract partial class AtomicStoreContract
{
    [Fact]
    public async Task A_grain_that_never_committed_has_no_state() => Assert.Null(await StateAsync("w"));

    [Fact]
    public async Task The_first_commit_makes_version_1()
    {
        await CommittedAsync(Some.Commit("w", 0, "first"));
        Assert.Equal("1:first", await StateAsync("w"));
    }

    [Fact]
    public async Task Each_commit_makes_one_version_more()
    {
        await CommittedAsync(Some.Commit("w", 0, "a"));
        await CommittedAsync(Some.Commit("w", 1, "b"));
        await CommittedAsync(Some.Commit("w", 2, ""));
        Assert.Equal("3:", await StateAsync("w"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_commit_on_another_version_than_the_rows_writes_nothing_and_learns_the_rows(long expected)
    {
        await CommittedAsync(Some.Commit("w", 0, "a"));
        await CommittedAsync(Some.Commit("w", 1, "b"));

        var loser = Some.Commit("w", expected, "loser") with
        {
            Transfers = [Some.Transfer("a", "b", 1)],
            Events = [Some.Event("w")],
            Messages = [Some.Message("x")],
            Due = [new DueChange("expire", Some.Now)],
            Answer = Some.Answer("k"),
        };

        Assert.Equal(new CommitResult(CommitStatus.VersionConflict, 2), await Store.CommitAsync(loser));
        Assert.Equal("2:b", await StateAsync("w"));
        Assert.Empty(await Store.ReadTransfersAsync(Some.Grain("w"), Cancel));
        Assert.Empty(await Store.ReadObjectEventsAsync("w", Cancel));
        Assert.Empty(await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
        Assert.Null(await Store.ReadNextDueAsync(Cancel));
        Assert.Null(await Store.ReadAnswerAsync("acct_1", "k", Some.Now, Cancel));
    }

    [Fact]
    public async Task A_commit_on_a_version_of_a_grain_without_a_row_conflicts_with_version_0() =>
        Assert.Equal(new CommitResult(CommitStatus.VersionConflict, 0), await Store.CommitAsync(Some.Commit("w", 1)));

    [Fact]
    public async Task Addresses_are_compared_exactly()
    {
        GrainRef[] grains = [new("a", "bc"), new("ab", "c"), new("a", "BC"), new("a", "bc "), new("a", "bc\0"), new("a", "bç"), new("a", "bc\u0327")];
        foreach (var grain in grains)
        {
            await CommittedAsync(Some.Commit(grain, 0, grain.ToString()));
        }

        var states = await Store.ReadManyAsync(grains, Cancel);
        Assert.Equal(grains.Select(grain => grain.ToString()), states.Select(state => Some.Text(state!.State)));
    }

    [Fact]
    public async Task Many_grains_are_read_in_the_order_asked_with_gaps_for_those_without_a_row()
    {
        await CommittedAsync(Some.Commit("a"));
        await CommittedAsync(Some.Commit("c"));

        var states = await Store.ReadManyAsync([Some.Grain("c"), Some.Grain("b"), Some.Grain("a"), Some.Grain("c")], Cancel);

        Assert.Equal([Some.Grain("c"), null, Some.Grain("a"), Some.Grain("c")], states.Select(state => state?.Grain));
    }

    [Fact]
    public async Task A_state_of_the_greatest_size_is_kept_and_one_byte_more_is_a_defect()
    {
        var state = new byte[StoreLimits.StateBytesMax];
        state[^1] = 7;
        await CommittedAsync(Some.Commit("w") with { State = state });
        Assert.Equal(state, (await Store.ReadAsync(Some.Grain("w"), Cancel))!.State.ToArray());

        await Assert.ThrowsAsync<InvariantBrokenException>(() => Store.CommitAsync(Some.Commit("w", 1) with { State = new byte[StoreLimits.StateBytesMax + 1] }));
    }

    [Fact]
    public async Task Closing_and_opening_keeps_everything()
    {
        var message = Some.Message("x", "fact");
        await CommittedAsync(Some.Commit("w", 0, "kept") with
        {
            Account = "acct_1",
            Transfers = [Some.Transfer("a", "b", 5)],
            Events = [Some.Event("w")],
            Messages = [message],
            Due = [new DueChange("expire", Some.Now)],
            Answer = Some.Answer("k"),
        });

        await ReopenAsync();

        Assert.Equal("1:kept", await StateAsync("w"));
        Assert.Equal((Int128)5, await Store.ReadBalanceAsync("b", Some.Usdc, Cancel));
        Assert.Single(await Store.ReadEventsAsync("acct_1", 0, 10, Cancel));
        Assert.Single(await Store.ReadWaitingMessagesAsync(Some.Now, 10, Cancel));
        Assert.Single(await Store.ReadDueAsync(Some.Now, 10, Cancel));
        Assert.NotNull(await Store.ReadAnswerAsync("acct_1", "k", Some.Now, Cancel));
        await CommittedAsync(Some.Commit("w", 1) with { Account = "acct_1", Events = [Some.Event("w")], Transfers = [Some.Transfer("a", "b", 6)] });
        Assert.Equal([1L, 2L], (await Store.ReadEventsAsync("acct_1", 0, 10, Cancel)).Select(entry => entry.Sequence));
        Assert.Equal([(UInt128)5, (UInt128)6], (await Store.ReadTransfersAsync(Some.Grain("w"), Cancel)).Select(row => row.Transfer.Atoms));
    }

    [Fact]
    public async Task A_closed_store_takes_no_commit_and_no_read()
    {
        await Store.DisposeAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.CommitAsync(Some.Commit("w")));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Store.ReadAsync(Some.Grain("w"), Cancel));
    }

    [Fact]
    public async Task What_was_handed_over_before_closing_is_written()
    {
        var commits = Enumerable.Range(0, 50).Select(version => Store.CommitAsync(Some.Commit("w", version, $"s{version}"))).ToArray();
        await ReopenAsync();
        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(CommitStatus.Committed, result.Status));
        Assert.Equal("50:s49", await StateAsync("w"));
    }

    [Fact]
    public async Task Versions_are_read_together_in_the_order_asked()
    {
        await Store.CommitAsync(Some.Commit("a"));
        await Store.CommitAsync(Some.Commit("a", 1));
        await Store.CommitAsync(Some.Commit("c"));
        Assert.Equal([1L, 0L, 2L, 1L], await Store.ReadVersionsAsync([Some.Grain("c"), Some.Grain("b"), Some.Grain("a"), Some.Grain("c")], Cancel));
        Assert.Empty(await Store.ReadVersionsAsync([], Cancel));
    }
}

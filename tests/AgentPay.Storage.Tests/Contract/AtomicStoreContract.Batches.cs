using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

public abstract partial class AtomicStoreContract
{
    [Fact]
    public async Task A_grain_may_hand_over_a_thousand_versions_before_the_first_is_durable()
    {
        var commits = Enumerable.Range(0, 1_000)
            .Select(version => Store.CommitAsync(Some.Commit("hot", version, $"s{version}") with
            {
                Account = "acct_1",
                Events = [Some.Event("hot")],
                Transfers = [Some.Transfer("payer", "merchant", 1)],
            }))
            .ToArray();

        var results = await Task.WhenAll(commits);

        Assert.Equal(Enumerable.Range(1, 1_000).Select(version => new CommitResult(CommitStatus.Committed, version)), results);
        Assert.Equal("1000:s999", await StateAsync("hot"));
        var events = await Store.ReadEventsAsync("acct_1", 0, 2_000, Cancel);
        Assert.Equal(Enumerable.Range(1, 1_000).Select(number => (long)number), events.Select(entry => entry.Sequence));
        Assert.Equal(Enumerable.Range(1, 1_000).Select(number => (long)number), events.Select(entry => entry.ObjectSequence));
        Assert.Equal((Int128)1_000, await Store.ReadBalanceAsync("merchant", Some.Usdc, Cancel));
        Assert.Equal(Enumerable.Range(1, 1_000).Select(number => (long)number), (await Store.ReadTransfersAsync(Some.Grain("hot"), Cancel)).Select(row => row.Version));
    }

    [Fact]
    public async Task Two_hundred_writers_on_their_own_grains_all_commit()
    {
        var writers = Enumerable.Range(0, 200).Select(writer => Task.Run(
            async () =>
            {
                for (var version = 0; version < 5; version++)
                {
                    await CommittedAsync(Some.Commit($"w{writer}", version, $"{writer}-{version}") with { Account = "acct_1", Events = [Some.Event($"w{writer}")] });
                    Assert.Equal($"{version + 1}:{writer}-{version}", await StateAsync($"w{writer}"));
                }
            },
            Cancel));

        await Task.WhenAll(writers);

        var events = await Store.ReadEventsAsync("acct_1", 0, 2_000, Cancel);
        Assert.Equal(Enumerable.Range(1, 1_000).Select(number => (long)number), events.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task A_conflict_fails_no_neighbour()
    {
        await CommittedAsync(Some.Commit("taken"));
        var commits = Enumerable.Range(0, 100)
            .Select(place => Store.CommitAsync(place % 3 == 0 ? Some.Commit("taken") : Some.Commit($"free{place}")))
            .ToArray();

        var results = await Task.WhenAll(commits);

        for (var place = 0; place < results.Length; place++)
        {
            Assert.Equal(place % 3 == 0 ? CommitStatus.VersionConflict : CommitStatus.Committed, results[place].Status);
        }
    }

    [Fact]
    public async Task Of_rivals_for_one_version_exactly_one_wins()
    {
        var rivals = Enumerable.Range(0, 64).Select(rival => Task.Run(() => Store.CommitAsync(Some.Commit("w", 0, $"rival{rival}")), Cancel)).ToArray();

        var results = await Task.WhenAll(rivals);

        var winner = Assert.Single(Enumerable.Range(0, 64), rival => results[rival].Status == CommitStatus.Committed);
        Assert.Equal($"1:rival{winner}", await StateAsync("w"));
    }

    [Fact]
    public async Task What_was_decided_on_a_failed_commit_fails_with_it()
    {
        await CommittedAsync(Some.Commit("w", 0, "base"));
        var gone = new MessageId(Some.Grain("nobody"), 1, 0);
        var chain = new DecisionChain();

        var commits = new[]
        {
            Store.CommitAsync(Some.Commit("w", 1, "loses") with { Consumes = gone, Chain = chain }),
            Store.CommitAsync(Some.Commit("w", 2, "built on it") with { Chain = chain }),
            Store.CommitAsync(Some.Commit("w", 3, "and on that") with { Chain = chain }),
            Store.CommitAsync(Some.Commit("neighbour")),
        };

        var results = await Task.WhenAll(commits);
        Assert.Equal(
            [CommitStatus.MessageGone, CommitStatus.EarlierCommitFailed, CommitStatus.EarlierCommitFailed, CommitStatus.Committed],
            results.Select(result => result.Status));
        Assert.Equal("1:base", await StateAsync("w"));
        await CommittedAsync(Some.Commit("w", 1, "decided again"));
    }

    [Fact]
    public async Task Without_a_chain_what_was_decided_on_a_failed_commit_finds_no_row_of_its_version()
    {
        await CommittedAsync(Some.Commit("w", 0, "base"));
        var commits = new[]
        {
            Store.CommitAsync(Some.Commit("w", 1, "loses") with { Consumes = new MessageId(Some.Grain("nobody"), 1, 0) }),
            Store.CommitAsync(Some.Commit("w", 2, "built on it")),
        };

        var results = await Task.WhenAll(commits);
        Assert.Equal(CommitStatus.MessageGone, results[0].Status);
        Assert.True(results[1].Status is CommitStatus.EarlierCommitFailed or CommitStatus.VersionConflict);
        Assert.Equal("1:base", await StateAsync("w"));
    }

    [Fact]
    public async Task What_was_decided_on_a_lost_version_fails_even_when_a_rival_made_a_version_of_that_number()
    {
        await CommittedAsync(Some.Commit("w", 0, "base"));
        var ours = new DecisionChain();
        var theirs = new DecisionChain();

        var commits = new[]
        {
            Store.CommitAsync(Some.Commit("w", 1, "theirs") with { Chain = theirs }),
            Store.CommitAsync(Some.Commit("w", 1, "ours") with { Chain = ours }),
            Store.CommitAsync(Some.Commit("w", 2, "built on ours") with { Chain = ours }),
        };

        var results = await Task.WhenAll(commits);
        Assert.Equal([CommitStatus.Committed, CommitStatus.VersionConflict, CommitStatus.EarlierCommitFailed], results.Select(result => result.Status));
        Assert.Equal("2:theirs", await StateAsync("w"));
        await CommittedAsync(Some.Commit("w", 2, "decided again"));
    }

    [Fact]
    public async Task A_broken_chain_stays_broken_and_leaves_a_rivals_alone()
    {
        var ours = new DecisionChain();
        var theirs = new DecisionChain();
        await CommittedAsync(Some.Commit("w", 0, "theirs") with { Chain = theirs });
        Assert.Equal(CommitStatus.VersionConflict, (await Store.CommitAsync(Some.Commit("w", 0, "ours") with { Chain = ours })).Status);
        Assert.True(ours.IsBroken);

        var late = Store.CommitAsync(Some.Commit("w", 1, "late") with { Chain = ours });
        var rival = Store.CommitAsync(Some.Commit("w", 1, "theirs again") with { Chain = theirs });

        Assert.Equal(new CommitResult(CommitStatus.EarlierCommitFailed, 1), await late);
        Assert.Equal(new CommitResult(CommitStatus.Committed, 2), await rival);
        Assert.False(theirs.IsBroken);
    }

    [Fact]
    public async Task Numbers_of_events_have_no_gap_where_commits_lost()
    {
        var commits = Enumerable.Range(0, 500)
            .Select(place => Store.CommitAsync(Some.Commit($"w{place % 10}", place / 10 / 2) with
            {
                Account = "acct_1",
                Events = [Some.Event("one-object"), Some.Event($"w{place % 10}")],
                Chain = new DecisionChain(),
            }))
            .ToArray();

        var results = await Task.WhenAll(commits);

        Assert.Equal(250, results.Count(result => result.Status == CommitStatus.Committed));
        var events = await Store.ReadEventsAsync("acct_1", 0, 2_000, Cancel);
        Assert.Equal(Enumerable.Range(1, 500).Select(number => (long)number), events.Select(entry => entry.Sequence));
        var ofObject = await Store.ReadObjectEventsAsync("one-object", Cancel);
        Assert.Equal(Enumerable.Range(1, 250).Select(number => (long)number), ofObject.Select(entry => entry.ObjectSequence));
    }
}

using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Tests.Sqlite;

public sealed class FailedDecisionsTests
{
    private readonly FailedDecisions _failed = new();

    [Fact]
    public void A_higher_version_handed_over_before_the_failure_was_told_is_covered_and_the_same_version_is_not()
    {
        _failed.Add(Some.Grain("w"), 1);
        _failed.Told(lastTicket: 9);
        Assert.True(_failed.Covers(Some.Grain("w"), expectedVersion: 2, ticket: 9));
        Assert.True(_failed.Covers(Some.Grain("w"), expectedVersion: 7, ticket: 3));
        Assert.False(_failed.Covers(Some.Grain("w"), expectedVersion: 1, ticket: 9));
        Assert.False(_failed.Covers(Some.Grain("x"), expectedVersion: 2, ticket: 9));
    }

    [Fact]
    public void A_version_handed_over_after_the_failure_was_told_is_not_covered()
    {
        _failed.Add(Some.Grain("w"), 1);
        _failed.Told(lastTicket: 9);
        Assert.False(_failed.Covers(Some.Grain("w"), expectedVersion: 2, ticket: 10));
    }

    [Fact]
    public void Until_it_is_told_every_later_one_is_covered_and_a_second_failure_does_not_narrow_the_first()
    {
        _failed.Add(Some.Grain("w"), 1);
        _failed.Add(Some.Grain("w"), 2);
        Assert.True(_failed.Covers(Some.Grain("w"), expectedVersion: 2, ticket: long.MaxValue));
    }

    [Fact]
    public void It_is_forgotten_when_all_it_could_cover_is_through_and_not_one_before()
    {
        _failed.Add(Some.Grain("w"), 1);
        _failed.Told(lastTicket: 9);
        _failed.Forget(ticket: 8);
        Assert.True(_failed.Covers(Some.Grain("w"), expectedVersion: 2, ticket: 9));
        _failed.Forget(ticket: 9);
        Assert.False(_failed.Covers(Some.Grain("w"), expectedVersion: 2, ticket: 9));
    }
}

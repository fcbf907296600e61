using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

public abstract partial class AtomicStoreContract
{
    [Fact]
    public async Task A_grain_without_rows_beside_its_state_has_none()
    {
        await CommittedAsync(Some.Commit("w"));
        Assert.Equal("", await RecordsAsync("w"));
    }

    [Fact]
    public async Task Rows_beside_a_state_come_back_by_id_in_ordinal_order()
    {
        await CommittedAsync(Some.Commit("w") with { Records = [Record("t:10", "b"), Record("T:2", "c"), Record("t:09", "a")] });
        Assert.Equal("T:2=c t:09=a t:10=b", await RecordsAsync("w"));
    }

    [Fact]
    public async Task A_row_is_replaced_and_removed_by_later_decisions()
    {
        await CommittedAsync(Some.Commit("w", 0) with { Records = [Record("a", "1"), Record("b", "1")] });
        await CommittedAsync(Some.Commit("w", 1) with { Records = [Record("a", "2"), Record("b", null), Record("never", null)] });
        Assert.Equal("a=2", await RecordsAsync("w"));
    }

    [Fact]
    public async Task A_row_written_and_removed_within_one_batch_is_gone()
    {
        var commits = Enumerable.Range(0, 4)
            .Select(version => Store.CommitAsync(Some.Commit("w", version) with { Records = [Record("a", version % 2 == 0 ? "x" : null)] })).ToArray();
        await Task.WhenAll(commits);
        Assert.Equal("", await RecordsAsync("w"));
    }

    [Fact]
    public async Task Grains_do_not_share_rows()
    {
        await CommittedAsync(Some.Commit("w") with { Records = [Record("a", "w")] });
        await CommittedAsync(Some.Commit("W") with { Records = [Record("a", "W")] });
        Assert.Equal("a=w", await RecordsAsync("w"));
    }

    [Fact]
    public async Task A_losing_commit_leaves_its_rows_unwritten()
    {
        await CommittedAsync(Some.Commit("w") with { Records = [Record("a", "1")] });
        var lost = await Store.CommitAsync(Some.Commit("w", 0) with { Records = [Record("a", "2"), Record("b", "2")] });
        Assert.Equal(CommitStatus.VersionConflict, lost.Status);
        Assert.Equal("a=1", await RecordsAsync("w"));
    }

    private static RecordChange Record(string id, string? body) => new(id, body is null ? default(ReadOnlyMemory<byte>?) : Some.Bytes(body));

    private async Task<string> RecordsAsync(string key) => string.Join(
        ' ', (await Store.ReadRecordsAsync(Some.Grain(key), Cancel)).Select(record => $"{record.Id}={Some.Text(record.Body)}"));
}

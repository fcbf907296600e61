namespace AgentPay.Storage.Tests.Sqlite;

public sealed class SmallDiskTests : IDisposable
{
    private readonly TemporaryStore _file = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Theory]
    [MemberData(nameof(SmallDisk.Types), MemberType = typeof(SmallDisk))]
    public async Task A_full_file_system_loses_nothing_acknowledged_and_writing_goes_on_by_itself_when_space_returns(string type)
    {
        var acknowledged = new Acknowledgements();
        var (refused, after) = (0, 0);
        using (var disk = SmallDisk.Start(_file.Folder, type))
        {
            while (await disk.ReadLineAsync(Cancel) is { } line)
            {
                if (acknowledged.Add(line))
                {
                    after += refused >= 100 ? 1 : 0;
                }
                else
                {
                    Assert.Contains("full", line, StringComparison.Ordinal);
                    refused++;
                }

                if (refused == 100 && after == 0)
                {
                    await disk.MakeRoomAsync();
                    refused++;
                }

                if (after == 500)
                {
                    await disk.KillWriterAsync();
                    after++;
                }
            }

            Assert.True(after > 500, $"After {refused} refusals {after} commits were acknowledged. {await disk.ReadErrorAsync(Cancel)}");
            Assert.Equal(0, await disk.ExitCodeAsync(Cancel));
        }

        await using var store = await _file.OpenAsync();
        await acknowledged.AssertKeptAsync(store, round: 0, Cancel);
        var total = Assert.Single(await store.ReadLedgerTotalsAsync(Cancel));
        Assert.Equal((Int128)0, total.PostingSum);
    }
}

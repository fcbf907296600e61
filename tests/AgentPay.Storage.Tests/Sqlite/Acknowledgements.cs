using System.Globalization;
using AgentPay.Storage.Sqlite;
using AgentPay.Storage.Tests.Contract;

namespace AgentPay.Storage.Tests.Sqlite;

/// <summary>What a <see cref="WriterProcess"/> was told is durable, and whether the file it left holds it, whole.</summary>
internal sealed class Acknowledgements
{
    private readonly Dictionary<string, long> _newest = [];

    /// <summary>Keeps the newest version; a line that the kill cut short names an older one, or none. False: the line tells of a refusal.</summary>
    internal bool Add(string line)
    {
        if (line.StartsWith(WriterProcess.Refused, StringComparison.Ordinal))
        {
            return false;
        }

        if (line.Split(' ') is [var key, var version] && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            _newest[key] = Math.Max(number, _newest.GetValueOrDefault(key));
        }

        return true;
    }

    /// <summary>Nothing acknowledged is lost, nothing is half there, and the event log has no gap.</summary>
    internal async Task AssertKeptAsync(SqliteAtomicStore store, int round, CancellationToken cancellationToken)
    {
        for (var writer = 0; writer < WriterProcess.Writers; writer++)
        {
            var key = $"r{round}-w{writer}";
            await AssertWholeAsync(store, key, _newest.GetValueOrDefault(key), cancellationToken);
        }

        var events = await store.ReadEventsAsync("acct_1", 0, int.MaxValue, cancellationToken);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
    }

    private static async Task AssertWholeAsync(SqliteAtomicStore store, string key, long acknowledged, CancellationToken cancellationToken)
    {
        var grain = Some.Grain(key);
        var state = await store.ReadAsync(grain, cancellationToken);
        var version = state?.Version ?? 0;
        Assert.InRange(version, acknowledged, acknowledged + 1);
        Assert.Equal(version, (await store.ReadTransfersAsync(grain, cancellationToken)).Count);
        Assert.Equal(version, (await store.ReadObjectEventsAsync(key, cancellationToken)).Count);
        Assert.Equal(-version, await store.ReadBalanceAsync(key, Some.Usdc, cancellationToken));
        Assert.Equal(version == 0, await store.ReadAnswerAsync("acct_1", $"{key}-{version - 1}", Some.Now, cancellationToken) is null);
        Assert.Null(await store.ReadAnswerAsync("acct_1", $"{key}-{version}", Some.Now, cancellationToken));
        if (state is not null)
        {
            Assert.Equal(version.ToString(CultureInfo.InvariantCulture), Some.Text(state.State));
            var messages = await store.ReadWaitingMessagesAsync(Some.Now, int.MaxValue, cancellationToken);
            Assert.Equal(version, messages.Count(message => message.Id.Source == grain));
            var due = await store.ReadDueAsync(Some.Now.AddYears(1), int.MaxValue, cancellationToken);
            Assert.Equal(Some.Now.AddSeconds(version - 1), due.Single(item => item.Grain == grain).At);
        }
    }
}

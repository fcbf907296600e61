using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>Random calls about pairs of accounts, each at any engine, and what everyone was told.</summary>
internal sealed class PairTraffic(BookEngines engines, int pairs)
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ConcurrentQueue<Call<PairStep>>[] _looks = [.. Enumerable.Range(0, pairs).Select(_ => new ConcurrentQueue<Call<PairStep>>())];
    private readonly ConcurrentQueue<BookCommand>[] _commands = [.. Enumerable.Range(0, pairs).Select(_ => new ConcurrentQueue<BookCommand>())];
    private int _keys;
    private int _unanswered;

    /// <summary>Calls that told their caller nothing: broken off, hung up on, or a 503.</summary>
    public int Unanswered => _unanswered;

    /// <summary>Requests with a key, each once.</summary>
    public int Commands => _keys;

    /// <summary>A call about this pair, told or given up.</summary>
    public Task CallAsync(int pair, Random chance) => chance.Next(100) switch
    {
        < 40 => SendAsync([(pair, Choose(chance))], isList: false, chance),
        < 50 => SendAsync([.. Enumerable.Range(0, chance.Next(2, 6)).Select(_ => (pair, Choose(chance)))], isList: true, chance),
        < 53 => SendAsync([.. Enumerable.Range(0, 4).Select(place => (place % 2 == 0 ? pair : chance.Next(pairs), Choose(chance)))], isList: true, chance),
        < 83 => LookAsync(pair, chance),
        < 91 => ReadTransferAsync(pair, chance),
        _ => RepeatAsync(pair, chance),
    };

    /// <summary>All that is known of a pair.</summary>
    public IEnumerable<Call<PairStep>> HistoryOf(int pair) => _looks[pair].Concat(_commands[pair].Distinct().Select(command => command.CallOn(pair)));

    private static Move Choose(Random chance)
    {
        var side = chance.Next(2);
        return chance.Next(10) switch
        {
            < 2 => new Move(Move.Outside, side, chance.Next(5, 20)),
            2 => new Move(side, Move.Outside, chance.Next(1, 10)),
            _ => new Move(side, 1 - side, chance.Next(1, 12)),
        };
    }

    private async Task SendAsync(ImmutableArray<(int Pair, Move Move)> orders, bool isList, Random chance)
    {
        var command = new BookCommand(string.Create(CultureInfo.InvariantCulture, $"key-{Interlocked.Increment(ref _keys)}"), orders, isList, _clock.GetTimestamp());
        foreach (var (pair, _) in orders)
        {
            _commands[pair].Enqueue(command);
        }

        // Some callers hang up, some never come again.
        using var hangUp = new CancellationTokenSource();
        if (chance.Next(25) == 0)
        {
            hangUp.CancelAfter(TimeSpan.FromMilliseconds(chance.Next(1, 20)));
        }

        if (!await TryAsync(command, chance, hangUp.Token) && chance.Next(20) != 0 && !hangUp.IsCancellationRequested)
        {
            await Wait.UntilAsync(() => TryAsync(command, chance, CancellationToken.None), seconds: 60, command.Key);
        }
    }

    /// <summary>Somebody sends a known key again, as it was or with other bytes.</summary>
    private async Task RepeatAsync(int pair, Random chance)
    {
        if (Any(_commands[pair], chance) is not { } command)
        {
            await LookAsync(pair, chance);
        }
        else if (chance.Next(4) != 0 || command.Told is null)
        {
            await Wait.UntilAsync(() => TryAsync(command, chance, CancellationToken.None), seconds: 60, command.Key);
        }
        else
        {
            var other = await engines.BookAsync(chance, command.Key, command.Body + " ");
            Assert.True((other.Status, other.Text("code")) is (422, "idempotency_conflict"), $"{command.Key}: {other}");
        }
    }

    private async Task<bool> TryAsync(BookCommand command, Random chance, CancellationToken hangUp)
    {
        var (engine, wasTold) = (engines.Any(chance), command.Told is not null);
        if (await BookEngines.TryBookAsync(engine, engine.Url, command.Key, command.Body, hangUp) is not { } answer)
        {
            Interlocked.Increment(ref _unanswered);
            return false;
        }

        command.Tell(answer, wasTold, _clock.GetTimestamp());
        return true;
    }

    private async Task LookAsync(int pair, Random chance)
    {
        var account = chance.Next(2);
        var (answer, asked) = await AskAsync($"/v1/accounts/{BookCommand.AccountOf(pair, account)}/balances", chance);
        long? told = answer.Status == 404 ? null : long.Parse(answer.Json.GetProperty("balances")[0].GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);
        _looks[pair].Enqueue(new Call<PairStep>(asked, _clock.GetTimestamp(), new Look(account, told)));
    }

    /// <summary>A transfer never changes, and its id is known to nobody before it is booked: it is there for everyone who was told of it, and what was refused is not.</summary>
    private async Task ReadTransferAsync(int pair, Random chance)
    {
        if (Any(_commands[pair], chance) is { Told: not null } command)
        {
            var place = chance.Next(command.Orders.Length);
            if (command.IdOf(place) is { } id)
            {
                var (answer, _) = await AskAsync($"/v1/transfers/{id}", chance);
                command.AssertShown(place, id, answer);
                return;
            }
        }

        await LookAsync(pair, chance);
    }

    /// <summary>Asks until told; of what writes nothing, only the question that was answered counts.</summary>
    private async Task<(Answer Answer, long Asked)> AskAsync(string path, Random chance)
    {
        var asked = 0L;
        var answer = await Wait.ForAsync(
            async () =>
            {
                asked = _clock.GetTimestamp();
                var told = await BookEngines.TryGetAsync(engines.Any(chance), path);
                Interlocked.Add(ref _unanswered, told is null ? 1 : 0);
                return told;
            },
            seconds: 60,
            path);
        return (answer, asked);
    }

    private static BookCommand? Any(ConcurrentQueue<BookCommand> commands, Random chance)
    {
        var known = commands.ToArray();
        return known.Length == 0 ? null : known[chance.Next(known.Length)];
    }
}

using System.Collections.Immutable;
using System.Globalization;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>A request under a key, sent by whoever and as often as they like: it happens once, from its first sending on and before its first answer.</summary>
internal sealed class BookCommand(string key, ImmutableArray<(int Pair, Move Move)> orders, bool isList, long invoked)
{
    private readonly Lock _lock = new();
    private long _returned = Call<PairStep>.Never;
    private int _firsts;

    public string Key => key;

    public ImmutableArray<(int Pair, Move Move)> Orders => orders;

    /// <summary>Its only answer; null: nobody was told it.</summary>
    public Answer? Told { get; private set; }

    public string Body { get; } = isList
        ? BookEngines.List(orders.Select(static order => OrderOf(order.Pair, order.Move)))
        : OrderOf(orders[0].Pair, orders[0].Move);

    public static string AccountOf(int pair, int account) =>
        account == Move.Outside ? BookEngines.Mint : string.Create(CultureInfo.InvariantCulture, $"pair-{pair}-{account}");

    /// <summary>Somebody was answered: the same as everyone, and as the first only once.</summary>
    public void Tell(Answer answer, bool wasToldBefore, long at)
    {
        lock (_lock)
        {
            Told ??= answer;
            Assert.True((Told.Status, Told.Body) == (answer.Status, answer.Body), $"{key} was told {Told} and {answer}.");
            _returned = Math.Min(_returned, at);
            _firsts += answer.Header("Idempotent-Replayed") is null ? 1 : 0;
            Assert.True(_firsts <= 1 && !(wasToldBefore && answer.Header("Idempotent-Replayed") is null), $"{key} was told twice as if for the first time.");
        }
    }

    /// <summary>What it did to one pair.</summary>
    public Call<PairStep> CallOn(int pair) =>
        new(invoked, _returned, new Moves(
            [.. orders.Where(order => order.Pair == pair).Select(order => order.Move)],
            Told is null ? null : [.. Enumerable.Range(0, orders.Length).Where(place => orders[place].Pair == pair).Select(IsBooked)]));

    /// <summary>The id its transfer has, or would have had; null: no answer names one.</summary>
    public string? IdOf(int place) => isList ? string.Create(CultureInfo.InvariantCulture, $"{Told!.Text("id")}_{place}") : IsBooked(place) ? Told!.Text("id") : null;

    /// <summary>The transfer as it was asked for, where it was booked.</summary>
    public void AssertShown(int place, string id, Answer read)
    {
        if (!IsBooked(place))
        {
            Assert.True(read.Status == 404, $"{id} was refused, and read: {read}");
            return;
        }

        var (pair, move) = orders[place];
        Assert.True(read.Status == 200, $"{id} was booked, and read: {read}");
        Assert.Equal(
            (id, AccountOf(pair, move.From), AccountOf(pair, move.To), move.Amount.ToString(CultureInfo.InvariantCulture), Told!.Text("created")),
            (read.Text("id"), read.Text("from"), read.Text("to"), read.Text("amount"), read.Text("created")));
    }

    private static string OrderOf(int pair, Move move) => BookEngines.Order(AccountOf(pair, move.From), AccountOf(pair, move.To), move.Amount);

    private bool IsBooked(int place)
    {
        var (status, code) = !isList ? (Told!.Status == 200 ? "booked" : "refused", Told.Text("code"))
            : Told!.Json.GetProperty("outcomes")[place] is var outcome && outcome.TryGetProperty("code", out var text) ? ("refused", text.GetString())
            : (outcome.GetProperty("status").GetString(), null);
        Assert.True((status, code) is ("booked", null) or ("refused", "insufficient_funds"), $"{key}: {Told}");
        return status == "booked";
    }
}

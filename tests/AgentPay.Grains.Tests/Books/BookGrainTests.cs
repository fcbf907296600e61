using AgentPay.Domain.Books;
using AgentPay.Grains.Books;

namespace AgentPay.Grains.Tests.Books;

/// <summary>The book as a grain on a real file: killed, asked twice, asked by many at once.</summary>
public sealed class BookGrainTests
{
    [Fact]
    public async Task The_same_key_gets_the_same_receipt_also_after_a_kill()
    {
        await using var engine = await Engine.StartAsync();
        var first = await Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop);
        var again = await Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop);
        await engine.KillAsync();
        var after = await Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop);

        Assert.False(first.IsReplayed);
        Assert.All([again, after], reply => Assert.Equal((true, first.Receipt!.Id, first.Receipt.At, first.Receipt.RequestId), (reply.IsReplayed, reply.Receipt!.Id, reply.Receipt.At, reply.Receipt.RequestId)));
        Assert.Equal(5, await engine.BookedAsync("a"));
        Assert.Equal(5, await HoldsAsync(engine, "a"));
    }

    [Fact]
    public async Task A_key_that_comes_again_without_being_looked_up_first_loses_to_its_answer_and_holds_up_nobody()
    {
        await using var engine = await Engine.StartAsync();
        var first = await Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop);
        engine.Clock.Advance(TimeSpan.FromMinutes(2));
        engine.Store.HoldBefore = commit => commit.Grain.Type == Domain.Books.Book.GrainType;
        Task<BookReply>[] asked =
        [
            Book(engine).BookAsync(Request("before", ("a", "b", 1)), Engine.Stop),
            Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop),
            Book(engine).BookAsync(Request("behind", ("a", "b", 1)), Engine.Stop),
            Book(engine).BookAsync(Request("last", ("a", "b", 9)), Engine.Stop),
        ];
        await engine.UntilAsync(() => engine.Store.Held.Count == 4);

        engine.Store.Release();

        var replies = await Task.WhenAll(asked);
        Assert.Equal([false, true, false, false], replies.Select(reply => reply.IsReplayed));
        Assert.Equal(first.Receipt!.Id, replies[1].Receipt!.Id);
        Assert.Equal("insufficient_funds", replies[3].Receipt!.Refused.Single().Code);
        Assert.Equal((3, 2), (await HoldsAsync(engine, "a"), await HoldsAsync(engine, "b")));
        Assert.Equal((3, 2), (await engine.BookedAsync("a"), await engine.BookedAsync("b")));
    }

    [Fact]
    public async Task A_request_that_comes_again_beside_another_under_its_key_gets_its_answer_and_not_the_others_no()
    {
        await using var engine = await Engine.StartAsync();
        var first = await Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop);
        engine.Clock.Advance(TimeSpan.FromMinutes(2));
        engine.Store.HoldBefore = commit => commit.Grain.Type == Domain.Books.Book.GrainType;
        Task<BookReply>[] asked =
        [
            Book(engine).BookAsync(Request("key", ("mint", "b", 5)) with { Fingerprint = "b" }, Engine.Stop),
            Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop),
            Book(engine).BookAsync(Request("key", ("mint", "c", 5)) with { Fingerprint = "c" }, Engine.Stop),
            Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop),
        ];
        await engine.UntilAsync(() => engine.Store.Held.Count == 1);

        engine.Store.Release();

        var replies = await Task.WhenAll(asked);
        Assert.Equal([null, first.Receipt!.Id, null, first.Receipt.Id], replies.Select(reply => reply.Receipt?.Id));
        Assert.Equal([false, true, false, true], replies.Select(reply => reply.IsReplayed));
        Assert.Equal((5, null), (await engine.BookedAsync("a"), await Book(engine).GetHoldingsAsync("b", Engine.Stop)));
    }

    [Fact]
    public async Task A_new_request_behind_many_that_were_answered_before_is_decided_as_often_as_it_takes()
    {
        const int Known = 20 * AgentPay.Grains.Journal.Journal.DecisionsMax;
        await using var engine = await Engine.StartAsync();
        var keys = Enumerable.Range(0, Known).Select(i => $"key-{i}").ToArray();
        await Task.WhenAll(keys.Select(key => Book(engine).BookAsync(Request(key, ("mint", "a", 1)), Engine.Stop)));
        await engine.KillAsync();
        engine.Store.HoldBefore = commit => commit.Grain.Type == Domain.Books.Book.GrainType;
        var repeated = keys.Select(key => Book(engine).BookAsync(Request(key, ("mint", "a", 1)), Engine.Stop)).ToArray();
        await engine.UntilAsync(() => engine.Store.Held.Count == Known);
        var asked = Book(engine).BookAsync(Request("new", ("mint", "a", 1)), Engine.Stop);
        await engine.UntilAsync(() => engine.Store.Held.Count == Known + 1);

        engine.Store.Release();

        Assert.All(await Task.WhenAll(repeated), reply => Assert.True(reply.IsReplayed));
        Assert.False((await asked).IsReplayed);
        Assert.Equal(Known + 1, await engine.BookedAsync("a"));
    }

    [Fact]
    public async Task A_refusal_is_the_answer_of_its_key_even_when_there_are_funds_later()
    {
        await using var engine = await Engine.StartAsync();
        var refused = await Book(engine).BookAsync(Request("key", ("a", "b", 5)), Engine.Stop);
        await Book(engine).BookAsync(Request("fund", ("mint", "a", 5)), Engine.Stop);
        var again = await Book(engine).BookAsync(Request("key", ("a", "b", 5)), Engine.Stop);

        Assert.Equal("insufficient_funds", refused.Receipt!.Refused.Single().Code);
        Assert.Equal(("insufficient_funds", true), (again.Receipt!.Refused.Single().Code, again.IsReplayed));
        Assert.Equal(0, await engine.BookedAsync("b"));
    }

    [Fact]
    public async Task Another_request_under_the_same_key_is_not_booked()
    {
        await using var engine = await Engine.StartAsync();
        await Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop);

        var other = await Book(engine).BookAsync(Request("key", ("mint", "a", 6)) with { Fingerprint = "other" }, Engine.Stop);

        Assert.Null(other.Receipt);
        Assert.Equal(5, await engine.BookedAsync("a"));
    }

    [Fact]
    public async Task Of_requests_with_one_key_at_once_one_is_booked_and_the_others_wait_for_its_answer()
    {
        await using var engine = await Engine.StartAsync();
        engine.Store.HoldBefore = commit => commit.Grain.Type == Domain.Books.Book.GrainType;
        var asked = Enumerable.Range(0, 20).Select(_ => Book(engine).BookAsync(Request("key", ("mint", "a", 5)), Engine.Stop)).ToArray();
        await engine.UntilAsync(() => engine.Store.Held.Count == 1 && engine.Turns.Of(nameof(IBookGrain.BookAsync)) == 20);
        var other = Book(engine).BookAsync(Request("key", ("mint", "a", 5)) with { Fingerprint = "other" }, Engine.Stop);
        Assert.DoesNotContain(asked, reply => reply.IsCompleted);

        engine.Store.Release();

        var replies = await Task.WhenAll(asked);
        Assert.Single(replies.Select(reply => reply.Receipt!.Id).Distinct());
        Assert.Single(replies, reply => !reply.IsReplayed);
        Assert.Null((await other).Receipt);
        Assert.Equal(5, await engine.BookedAsync("a"));
    }

    [Fact]
    public async Task Two_payers_of_one_balance_at_once_cannot_both_have_it()
    {
        await using var engine = await Engine.StartAsync();
        await Book(engine).BookAsync(Request("fund", ("mint", "a", 5)), Engine.Stop);

        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Book(engine).BookAsync(Request($"pay-{i}", ("a", $"b{i}", 5)), Engine.Stop)));

        Assert.Single(replies, reply => reply.Receipt!.Refused.IsEmpty);
        Assert.Equal(0, await engine.BookedAsync("a"));
    }

    [Fact]
    public async Task What_was_received_can_be_given_before_it_is_durable_and_nobody_is_told_before_it_is()
    {
        await using var engine = await Engine.StartAsync();
        await Book(engine).BookAsync(Request("fund", ("mint", "a", 5)), Engine.Stop);
        engine.Store.HoldBefore = commit => commit.Grain.Type == Domain.Books.Book.GrainType;
        var first = Book(engine).BookAsync(Request("1", ("a", "b", 5)), Engine.Stop);
        await engine.UntilAsync(() => engine.Store.Held.Count == 1);
        var second = Book(engine).BookAsync(Request("2", ("b", "c", 5)), Engine.Stop);
        await engine.UntilAsync(() => engine.Store.Held.Count == 2);
        var read = Book(engine).GetHoldingsAsync("c", Engine.Stop);
        await engine.UntilAsync(() => engine.Turns.Of(nameof(IBookGrain.GetHoldingsAsync)) == 1);
        Assert.DoesNotContain(true, new[] { first.IsCompleted, second.IsCompleted, read.IsCompleted });

        engine.Store.Release();

        Assert.Empty((await first).Receipt!.Refused);
        Assert.Empty((await second).Receipt!.Refused);
        Assert.Equal(5, (long)(await read)!.Holdings.Single().Atoms);
    }

    [Fact]
    public async Task What_was_decided_on_a_write_that_failed_is_not_booked_and_may_be_asked_again()
    {
        await using var engine = await Engine.StartAsync();
        await Book(engine).BookAsync(Request("fund", ("mint", "a", 5)), Engine.Stop);
        engine.Store.Fails = commit => commit.Answer?.Key == "lost";

        await Assert.ThrowsAnyAsync<Exception>(() => Book(engine).BookAsync(Request("lost", ("a", "b", 5)), Engine.Stop));
        engine.Store.Fails = _ => false;

        Assert.Equal(5, await HoldsAsync(engine, "a"));
        Assert.Empty((await Book(engine).BookAsync(Request("lost", ("a", "b", 5)), Engine.Stop)).Receipt!.Refused);
        Assert.Equal((0, 5), (await engine.BookedAsync("a"), await engine.BookedAsync("b")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Killed_again_and_again_under_traffic_it_loses_nothing_doubles_nothing_and_makes_nothing(int seed)
    {
        await using var engine = await Engine.StartAsync();
        var chance = new Random(seed);
        await Book(engine).BookAsync(Request("fund", [.. Accounts.Select(account => ("mint", account, 20L))]), Engine.Stop);
        var requests = Enumerable.Range(0, 300).Select(i => Request($"key-{i}", [.. Enumerable.Range(0, chance.Next(1, 6)).Select(_ => Random(chance))])).ToArray();
        var receipts = new Dictionary<string, BookReceipt>();
        foreach (var (kill, part) in requests.Chunk(60).Index())
        {
            var asked = part.Select(request => Book(engine).BookAsync(request, Engine.Stop)).ToArray();
            if (kill % 2 == 0)
            {
                await asked[chance.Next(asked.Length)];
            }

            await engine.KillAsync();

            // Whoever has no answer asks again, as a caller whose connection broke does.
            foreach (var request in part)
            {
                receipts[request.Key] = (await Book(engine).BookAsync(request, Engine.Stop)).Receipt!;
            }
        }

        var booked = requests.Sum(request => request.Orders.Length - receipts[request.Key].Refused.Length);
        Assert.Equal(booked + Accounts.Length, (await engine.BookRowsAsync()).Count);
        await engine.AssertLedgerSumsToZeroAsync();
        foreach (var account in Accounts)
        {
            var expected = 20 + requests.Sum(request => Change(request, receipts[request.Key], account));
            Assert.InRange(expected, 0, long.MaxValue);
            Assert.Equal((expected, expected), (await engine.BookedAsync(account), await HoldsAsync(engine, account)));
        }
    }

    private static readonly string[] Accounts = ["a", "b", "c", "d"];

    private static long Change(BookTransfers request, BookReceipt receipt, string account) => request.Orders
        .Where((_, place) => receipt.Refused.All(no => no.Place != place))
        .Sum(order => (order.To == account ? (long)order.Atoms : 0) - (order.From == account ? (long)order.Atoms : 0));

    private static (string From, string To, long Atoms) Random(Random chance) =>
        (Accounts[chance.Next(Accounts.Length)], Accounts[chance.Next(Accounts.Length)], chance.Next(1, 15));

    private static IBookGrain Book(Engine engine) => engine.Grains.GetGrain<IBookGrain>(Domain.Books.Book.OperatorsKey);

    private static async Task<long> HoldsAsync(Engine engine, string account) =>
        (long)((await Book(engine).GetHoldingsAsync(account, Engine.Stop))?.Holdings.Single().Atoms ?? 0);

    private static BookTransfers Request(string key, params (string From, string To, long Atoms)[] orders) => new()
    {
        Id = TransferId.NewRequest(Guid.CreateVersion7(DateTimeOffset.UnixEpoch)),
        IsBatch = orders.Length != 1,
        Orders = [.. orders.Select(order => new TransferOrder(order.From, order.To, "book:credits", (UInt128)order.Atoms, null))],
        Key = key,
        Fingerprint = "fingerprint",
        RequestId = "req_" + key,
    };
}

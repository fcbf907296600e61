using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Books;

/// <summary>Book transfers through a process: each once, whatever is killed and whoever asks again.</summary>
public sealed class TransferTests(BookWorld world) : IClassFixture<BookWorld>
{
    private static int names;

    [Fact]
    public async Task A_transfer_is_booked_shown_and_seen_in_both_balances_at_once()
    {
        var (payer, payee) = (Name(), Name());
        await world.BookAsync(Name(), BookWorld.Order("mint", payer, 100));

        var booked = await world.BookAsync(Name(), BookWorld.Order(payer, payee, 40).Replace("\"amount\"", "\"reference\":\"order 17\",\"amount\"", StringComparison.Ordinal));

        Assert.Equal((200, "booked", "order 17"), (booked.Status, booked.Text("status"), booked.Text("reference")));
        Assert.Equal((60, 40), (await world.HoldsAsync(payer), await world.HoldsAsync(payee)));
        var read = await world.GetAsync($"/v1/transfers/{booked.Text("id")}");
        Assert.Equal(
            (200, booked.Text("id"), payer, payee, "40", booked.Text("created"), "order 17"),
            (read.Status, read.Text("id"), read.Text("from"), read.Text("to"), read.Text("amount"), read.Text("created"), read.Text("reference")));
    }

    [Fact]
    public async Task The_same_key_gets_the_same_bytes_also_after_a_kill_and_other_bytes_get_none()
    {
        var (key, refusedKey, payer) = (Name(), Name(), Name());
        var (order, tooMuch) = (BookWorld.Order("mint", payer, 5), BookWorld.Order(payer, "b", 6));
        var (first, refused) = (await world.BookAsync(key, order), await world.BookAsync(refusedKey, tooMuch));
        Assert.Equal((200, null, 422, "insufficient_funds"), (first.Status, first.Header("Idempotent-Replayed"), refused.Status, refused.Text("code")));
        for (var life = 0; life < 2; life++)
        {
            foreach (var (before, again) in new[] { (first, await world.BookAsync(key, order)), (refused, await world.BookAsync(refusedKey, tooMuch)) })
            {
                Assert.Equal((before.Status, before.Body, "true"), (again.Status, again.Body, again.Header("Idempotent-Replayed")));
            }

            var other = await world.BookAsync(key, order + " ");
            Assert.Equal((422, "idempotency_conflict"), (other.Status, other.Text("code")));
            await world.Engine.KillAsync();
            await world.Engine.StartAsync(waitUntilReady: false);
        }

        Assert.Equal(5, await world.HoldsAsync(payer));
    }

    [Fact]
    public async Task Of_one_list_each_transfer_has_its_own_outcome_and_its_own_id()
    {
        var (payer, payee) = (Name(), Name());

        var answer = await world.BookAsync(Name(), BookWorld.List(
            BookWorld.Order("mint", payer, 10), BookWorld.Order(payer, payee, 7), BookWorld.Order(payer, payee, 7), BookWorld.Order(payer, payer, 1), BookWorld.Order(payer, payee, 3)));

        Assert.Equal((200, 3, 2), (answer.Status, answer.Json.GetProperty("booked").GetInt32(), answer.Json.GetProperty("refused").GetInt32()));
        Assert.Equal(
            ["booked", "booked", "insufficient_funds", "same_account", "booked"],
            answer.Json.GetProperty("outcomes").EnumerateArray().Select(outcome => outcome.TryGetProperty("code", out var code) ? code.GetString() : outcome.GetProperty("status").GetString()));
        Assert.Equal((0, 10), (await world.HoldsAsync(payer), await world.HoldsAsync(payee)));
        Assert.Equal("3", (await world.GetAsync($"/v1/transfers/{answer.Text("id")}_4")).Text("amount"));
        Assert.Equal(404, (await world.GetAsync($"/v1/transfers/{answer.Text("id")}_2")).Status);
        Assert.Equal(404, (await world.GetAsync($"/v1/transfers/{answer.Text("id")}")).Status);
    }

    [Fact]
    public async Task Killed_in_the_middle_of_lists_and_asked_again_each_transfer_is_booked_once()
    {
        const int Lists = 12;
        const int Count = 1_000;
        var payer = Name();
        await world.BookAsync(Name(), BookWorld.Order("mint", payer, Lists * Count));
        var lists = Enumerable.Range(0, Lists).Select(i => (Key: Name(), Body: BookWorld.List(Enumerable.Range(0, Count).Select(place => BookWorld.Order(payer, $"{payer}-{(i * Count) + place}", 1))))).ToArray();

        // The kill comes when the first answer does: some lists are durable and answered, some durable only, some not written, some not read.
        var asked = lists.Select(list => TryAsync(list.Key, list.Body)).ToArray();
        await Task.WhenAny(asked);
        await world.Engine.KillAsync();
        var before = await Task.WhenAll(asked);
        await world.Engine.StartAsync(waitUntilReady: false);
        var after = await Task.WhenAll(lists.Select(list => world.BookAsync(list.Key, list.Body)));

        Assert.Contains(before, answer => answer is { Status: 200 });
        Assert.All(after, answer => Assert.Equal((200, Count), (answer.Status, answer.Json.GetProperty("booked").GetInt32())));
        Assert.All(before.Zip(after).Where(pair => pair.First is not null), pair => Assert.Equal(pair.First!.Body, pair.Second.Body));
        Assert.Equal(0, await world.HoldsAsync(payer));
        Assert.Equal(Lists, after.Select(answer => answer.Text("id")).Distinct().Count());
        foreach (var account in Enumerable.Range(0, Lists * Count).Where(account => account % 97 == 0))
        {
            Assert.Equal(1, await world.HoldsAsync($"{payer}-{account}"));
        }

        var last = await world.GetAsync($"/v1/transfers/{after[^1].Text("id")}_{Count - 1}");
        Assert.Equal($"{payer}-{(Lists * Count) - 1}", last.Text("to"));
    }

    [Fact]
    public async Task Many_payers_of_one_balance_at_once_take_what_there_is_and_no_more()
    {
        var (payer, payee) = (Name(), Name());
        await world.BookAsync(Name(), BookWorld.Order("mint", payer, 10));

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => world.BookAsync(Name(), BookWorld.Order(payer, payee, 1))));

        Assert.Equal((10, 30), (answers.Count(answer => answer.Status == 200), answers.Count(answer => answer.Text("code") == "insufficient_funds")));
        Assert.Equal((0, 10), (await world.HoldsAsync(payer), await world.HoldsAsync(payee)));
    }

    [Fact]
    public async Task Only_the_operators_keys_open_the_book()
    {
        foreach (var wrong in new[] { "", "Bearer", $"Bearer {BookWorld.Key[..^1]}", $"Bearer {BookWorld.Key.ToUpperInvariant()}", $"Bearer {BookWorld.Key}x", $"Basic {BookWorld.Key}", BookWorld.Key })
        {
            var answers = new[]
            {
                await world.Engine.PostAsync("/v1/transfers", BookWorld.Order("mint", "a", 1), ("Authorization", wrong), ("Idempotency-Key", Name())),
                await world.Engine.GetAsync("/v1/accounts/mint/balances", ("Authorization", wrong)),
                await world.Engine.GetAsync("/v1/transfers/txn_01k0r2w3x4y5z6a7b8c9d0e1f2", ("Authorization", wrong)),
            };
            Assert.All(answers, answer => Assert.Equal((401, "api_key_required"), (answer.Status, answer.Text("code"))));
        }
    }

    private static string Name() => $"t{Interlocked.Increment(ref names)}";

    /// <summary>The answer; null when the connection broke before it came.</summary>
    private async Task<Answer?> TryAsync(string key, string body)
    {
        try
        {
            return await world.BookAsync(key, body);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}

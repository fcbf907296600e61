using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Books;

/// <summary>Whatever is sent as a transfer gets the one right answer and moves nothing when it is refused.</summary>
public sealed class TransferInputTests(BookWorld world) : IClassFixture<BookWorld>
{
    private const string Max = "170141183460469231731687303715884105727";
    private static int keys;

    public static readonly TheoryData<string> Amounts =
    [
        "\"-1\"", "\"+1\"", "\"-0\"", "\"0\"", "\"00\"", "\"010\"", "\" 10\"", "\"10 \"", "\"10\\n\"", "\"10\\u0000\"", "\"\\u0031\"", "\"1e3\"", "\"1E3\"", "\"1.0\"", "\".5\"", "\"5.\"",
        "\"1,000\"", "\"1_000\"", "\"1 000\"", "\"0x10\"", "\"NaN\"", "\"Infinity\"", "\"\uFF11\uFF12\"", "\"\u0661\u0662\"", "\"\u221210\"", "\"\u200F10\"", "\"\"", "null", "true", "[]", "{}", "10", "1.5", "1e3", "-1",
        "\"170141183460469231731687303715884105728\"", "\"340282366920938463463374607431768211456\"", "\"9999999999999999999999999999999999999999\"", "\"" + new string('9', 100_000) + "\"",
    ];

    public static readonly TheoryData<string, string, string?> Shapes = new()
    {
        { "", "invalid_payload", null },
        { "null", "invalid_payload", null },
        { "[]", "invalid_payload", null },
        { "{}", "invalid_payload", "/from" },
        { "{", "invalid_payload", null },
        { "\uFEFF{}", "invalid_payload", null },
        { One("a", "b") + "{}", "invalid_payload", null },
        { One("a", "b")[..^1] + ",}", "invalid_payload", null },
        { "/**/" + One("a", "b"), "invalid_payload", null },
        { One("a", "b")[..^1] + ",\"status\":\"booked\"}", "invalid_payload", "/status" },
        { One("a", "b")[..^1] + ",\"from\":\"c\"}", "invalid_payload", "/from" },
        { One("a", "b")[..^1] + ",\"amount\":\"2\"}", "invalid_payload", "/amount" },
        { One("a", "b")[..^1] + ",\"reference\":\"a\\u0000b\"}", "invalid_payload", "/reference" },
        { One("a", "b")[..^1] + ",\"reference\":\"\\ud800\"}", "invalid_payload", null },
        { One("a", "b")[..^1] + ",\"reference\":7}", "invalid_payload", "/reference" },
        { One("a", "b")[..^1] + $",\"reference\":\"{new string('r', 141)}\"}}", "invalid_payload", "/reference" },
        { One("a", "b").Replace("\"from\":\"a\",", "", StringComparison.Ordinal), "invalid_payload", "/from" },
        { One("a", "b").Replace("\"book:credits\"", "7", StringComparison.Ordinal), "invalid_payload", "/asset" },
        { One("", "b"), "invalid_account", "/from" },
        { One("a b", "b"), "invalid_account", "/from" },
        { One("a", "b:c"), "invalid_account", "/to" },
        { One("a", "\u00E9"), "invalid_account", "/to" },
        { One("a", "..\\u002f"), "invalid_account", "/to" },
        { One("a", new string('b', 65)), "invalid_account", "/to" },
        { One("a", "b").Replace("\"a\"", "7", StringComparison.Ordinal), "invalid_account", "/from" },
        { """{"transfers":[]}""", "invalid_payload", "/transfers" },
        { """{"transfers":{}}""", "invalid_payload", "/transfers" },
        { """{"transfers":[7]}""", "invalid_payload", "/transfers/0" },
        { $$"""{"transfers":[{{One("a", "b")}}],"from":"a"}""", "invalid_payload", null },
        { $$"""{"transfers":[{{One("a", "b")}},{{One("a", "")}}]}""", "invalid_account", "/transfers/1/to" },
        { $$"""{"transfers":[{{One("a", "b")}},[[[[[[]]]]]]]}""", "invalid_payload", "/transfers/1" },
        { $$"""{"transfers":[{{string.Join(',', Enumerable.Repeat(One("a", "b"), 1_001))}}]}""", "too_many_transfers", "/transfers" },
    };

    public static readonly TheoryData<string, string, string, string> Noes = new()
    {
        { "a", "b", "book:other", "unknown_asset" },
        { "a", "b", "BOOK:credits", "unknown_asset" },
        { "a", "b", "eip155:1/slip44:60", "unknown_asset" },
        { "a", "a", "book:credits", "same_account" },
        { "a", "b", "book:credits", "insufficient_funds" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Amounts))]
    public async Task What_is_no_amount_is_refused_as_one(string amount)
    {
        var alone = await SendAsync(One("mint", "hostile").Replace("\"1\"", amount, StringComparison.Ordinal));
        var second = await SendAsync($$"""{"transfers":[{{One("mint", "hostile")}},{{One("mint", "hostile").Replace("\"1\"", amount, StringComparison.Ordinal)}}]}""");

        Assert.Equal((400, "invalid_amount", "/amount"), (alone.Status, alone.Text("code"), alone.Text("param")));
        Assert.Equal((400, "invalid_amount", "/transfers/1/amount"), (second.Status, second.Text("code"), second.Text("param")));
        Assert.Equal(0, await world.HoldsAsync("hostile"));
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Shapes))]
    public async Task What_is_no_transfer_is_refused_with_a_pointer(string body, string code, string? pointer)
    {
        var answer = await SendAsync(body);
        Assert.Equal((400, code), (answer.Status, answer.Text("code")));
        Assert.Equal(pointer, pointer is null ? null : answer.Text("param"));
    }

    [Theory]
    [MemberData(nameof(Noes))]
    public async Task What_cannot_be_booked_is_a_no_with_its_code(string from, string to, string asset, string code)
    {
        var body = One(from, to).Replace("book:credits", asset, StringComparison.Ordinal);
        var (alone, listed) = (await SendAsync(body), await SendAsync($$"""{"transfers":[{{body}}]}"""));
        Assert.Equal((422, code), (alone.Status, alone.Text("code")));
        Assert.Equal((200, code), (listed.Status, listed.Json.GetProperty("outcomes")[0].GetProperty("code").GetString()));
    }

    [Fact]
    public async Task The_largest_amount_is_one_and_comes_back_digit_by_digit()
    {
        var there = await SendAsync($$"""{"from":"vault","to":"rich","asset":"book:max","amount":"{{Max}}"}""");
        Assert.Equal((200, Max), (there.Status, there.Text("amount")));
        Assert.Equal(Max, (await world.GetAsync("/v1/accounts/rich/balances")).Json.GetProperty("balances")[0].GetProperty("amount").GetString());
        Assert.Equal("-" + Max, (await world.GetAsync("/v1/accounts/vault/balances")).Json.GetProperty("balances")[0].GetProperty("amount").GetString());
        Assert.Equal(200, (await SendAsync($$"""{"from":"rich","to":"vault","asset":"book:max","amount":"{{Max}}"}""")).Status);
    }

    [Fact]
    public async Task A_key_is_demanded_and_must_be_usable()
    {
        var without = await world.Engine.PostAsync("/v1/transfers", One("mint", "hostile"), ("Authorization", "Bearer " + BookWorld.Key));
        Assert.Equal((400, "idempotency_key_required"), (without.Status, without.Text("code")));
        foreach (var (key, isUsable) in new[] { (new string('k', 255), true), (new string('k', 256), false), ("k\u007F", false), ("k\tk", false) })
        {
            var answer = await world.BookAsync(key, One("nobody", "hostile"));
            Assert.Equal(isUsable ? (422, "insufficient_funds") : (400, "invalid_idempotency_key"), (answer.Status, answer.Text("code")));
        }
    }

    [Fact]
    public async Task What_was_wrong_in_form_is_not_remembered()
    {
        var wrong = await world.BookAsync("form", One("mint", "form").Replace("\"1\"", "1", StringComparison.Ordinal));
        var right = await world.BookAsync("form", One("mint", "form"));
        Assert.Equal((400, 200), (wrong.Status, right.Status));
    }

    [Theory]
    [InlineData((512 << 10) + 1, 413, "body_too_large")]
    [InlineData(512 << 10, 200, null)]
    public async Task A_body_has_a_limit(int bytes, int status, string? code)
    {
        var answer = await SendAsync(One("mint", "large").PadRight(bytes));
        Assert.Equal((status, code), (answer.Status, answer.Text("code")));
    }

    [Theory]
    [InlineData("/v1/transfers/x")]
    [InlineData("/v1/transfers/txn_01k0r2w3x4y5z6a7b8c9d0e1f2")]
    [InlineData("/v1/transfers/txn_01k0r2w3x4y5z6a7b8c9d0e1f2_7")]
    [InlineData("/v1/accounts/never/balances")]
    [InlineData("/v1/accounts/a%20b/balances")]
    [InlineData("/v1/accounts/book:main:a/balances")]
    public async Task What_is_not_there_is_not_found(string path)
    {
        var answer = await world.GetAsync(path);
        Assert.Equal((404, "not_found"), (answer.Status, answer.Text("code")));
    }

    private static string One(string from, string to) => $$"""{"from":"{{from}}","to":"{{to}}","asset":"book:credits","amount":"1"}""";

    private Task<Answer> SendAsync(string body) => world.BookAsync($"input-{Interlocked.Increment(ref keys)}", body);
}

using System.Globalization;
using System.Net.Http.Headers;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Hostile;

/// <summary>Requests whose form is wrong before anybody reads a payment in them.</summary>
public sealed class HttpTests(AutomineWorld world) : IClassFixture<AutomineWorld>
{
    private const int BodyBytesMax = 64 * 1024;

    [Theory]
    [InlineData("/facilitator/verify")]
    [InlineData("/facilitator/settle")]
    public async Task A_body_may_have_64_KiB_and_not_one_byte_more(string path)
    {
        var payment = await world.NewPaymentAsync();
        var last = await world.Engine.PostAsync(path, payment.Json.PadRight(BodyBytesMax));
        Assert.Equal(200, last.Status);
        var over = await world.Engine.PostAsync(path, payment.Json.PadRight(BodyBytesMax + 1));
        Assert.Equal((413, "body_too_large"), (over.Status, over.Text("code")));
        Assert.False(path.EndsWith("verify", StringComparison.Ordinal) ? over.IsValid : over.IsSuccess);
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_read_no_further_than_its_limit()
    {
        var request = RawHttp.Request(
            world.Engine.Url, "POST /facilitator/settle", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
            string.Concat(Enumerable.Repeat("4000\r\n" + new string(' ', 0x4000) + "\r\n", 5)));
        var (status, text) = await RawHttp.SendAsync(world.Engine.Url, request);
        Assert.True(status == 413, text);
        Assert.Contains("body_too_large", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    [InlineData("identity, gzip")]
    public async Task A_compressed_body_is_not_read(string encoding)
    {
        var payment = await world.NewPaymentAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Engine.Url, "/facilitator/settle")) { Content = new StringContent(payment.Json) };
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = await world.Engine.SendAsync(request);
        Assert.Equal((415, "unsupported_content_encoding"), (answer.Status, answer.Text("code")));
        Assert.False(answer.IsSuccess);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Idempotency-Key: \r\n")]
    [InlineData("Idempotency-Key: one\r\nIdempotency-Key: two\r\n")]
    [InlineData("Idempotency-Key: t\u00c3\u00a4glich\r\n")]
    [InlineData("Idempotency-Key: a\tb\r\n")]
    public async Task An_idempotency_key_is_given_once_and_printable(string header)
    {
        var tooLong = header.Length == 0 ? $"Idempotency-Key: {new string('k', 256)}\r\n" : header;
        var body = (await world.NewPaymentAsync()).Json;
        var request = RawHttp.Request(
            world.Engine.Url, "POST /facilitator/settle", string.Create(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n{tooLong}"), body);
        var (status, text) = await RawHttp.SendAsync(world.Engine.Url, request);
        Assert.True(status == 400, text);
        Assert.Contains("\"code\":\"invalid_idempotency_key\"", text, StringComparison.Ordinal);
        Assert.Contains("\"success\":false", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idempotency_key_of_255_characters_is_taken()
    {
        var answer = await world.Engine.SettleAsync(await world.NewPaymentAsync(), new string('k', 255));
        Assert.True(answer.IsSuccess, answer.Body);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_are_no_message()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Engine.Url, "/facilitator/verify"))
        {
            Content = new ByteArrayContent([.. "{\"a\":\""u8, 0xff, 0xfe, .. "\"}"u8]),
        };
        var answer = await world.Engine.SendAsync(request);
        Assert.Equal((400, "invalid_payload", false), (answer.Status, answer.Text("code"), answer.IsValid));
    }

    [Theory]
    [InlineData("GET /demo/quote", "PAYMENT-SIGNATURE", 33 * 1024, 431)]
    [InlineData("GET /demo/quote", "X-Anything", 33 * 1024, 431)]
    public async Task Headers_that_are_too_large_are_431(string line, string header, int length, int expected)
    {
        var (status, text) = await RawHttp.SendAsync(world.Engine.Url, RawHttp.Request(world.Engine.Url, line, $"{header}: {new string('A', length)}\r\n"));
        Assert.True(status == expected, text);
    }

    [Theory]
    [InlineData("POST /facilitator/settle HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400)]
    [InlineData("POST /facilitator/settle HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST /facilitator/settle HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("GET /demo/quote HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /demo/quote HTTP/1.1\r\nHost: a\r\nPAYMENT-SIGNATURE: a\0b\r\n\r\n", 400)]
    [InlineData("GET /demo/quote HTTP/1.1\r\nHost: a\r\nPAYMENT-SIGNATURE: a\r\n b\r\n\r\n", 400)]
    [InlineData("DELETE /facilitator/settle HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405)]
    [InlineData("GET /facilitator/settle HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-HTTP-Method-Override: POST\r\n\r\n", 405)]
    public async Task Requests_that_two_servers_could_read_differently_are_refused(string request, int expected)
    {
        var (status, text) = await RawHttp.SendAsync(world.Engine.Url, request);
        Assert.True(status == expected, text);
        Assert.Equal(200, (await world.Engine.GetAsync("/health/live")).Status);
    }

    [Theory]
    [InlineData("GET /demo/quote HTTP/1.1\r\nHost: a\r\nX-Half: ")]
    [InlineData("POST /facilitator/settle HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")]
    public async Task A_client_that_never_finishes_is_408(string request)
    {
        var (status, text) = await RawHttp.SendAsync(world.Engine.Url, request);
        Assert.True(status == 408, text);
    }

    [Fact]
    public async Task An_answer_names_its_request_and_no_server()
    {
        var answer = await world.Engine.PostAsync("/facilitator/verify", "{");
        Assert.StartsWith("req_", answer.Header("Request-Id"), StringComparison.Ordinal);
        Assert.Equal(answer.Header("Request-Id"), answer.Text("request_id"));
        Assert.Null(answer.Header("Server"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }
}

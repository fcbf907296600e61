using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AgentPay.Chains.Evm;
using AgentPay.Grains.Tests;

namespace AgentPay.SystemTests.World;

/// <summary>An HTTP answer, read whole.</summary>
internal sealed record Answer(int Status, string Body, HttpResponseHeaders Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Text(string member) => Json.TryGetProperty(member, out var value) ? value.GetString() : null;

    public bool IsSuccess => Json.TryGetProperty("success", out var success) ? success.GetBoolean() : throw new InvalidOperationException($"Neither yes nor no: {this}");

    public string? ErrorReason => Text("errorReason");

    public string Transaction => Text("transaction")!;

    public bool IsValid => Json.GetProperty("isValid").GetBoolean();

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.Single() : null;

    public override string ToString() => $"{Status} {Body}";
}

/// <summary>The engine in a process of its own, on its own data folder, or database where that is the store of the run: started, killed, stopped and started again as an operator would.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private const string DatabaseSetting = "AgentPay__Postgres";
    private readonly Dictionary<string, string> _settings;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
    private Program? _program;
    private string? _database;

    /// <summary>Not started yet.</summary>
    /// <param name="settings">In the environment's spelling.</param>
    /// <param name="port">Where it listens; 0: on a free port, and on the same when it is started again.</param>
    public Engine(IReadOnlyDictionary<string, string> settings, int port = 0)
    {
        _settings = new Dictionary<string, string>(settings);
        Url = new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", port).Uri;
    }

    /// <summary>Where its store is a database: how to reach it, once it was started.</summary>
    public string? Database => _settings.GetValueOrDefault(DatabaseSetting);

    public string Data { get; } = Directory.CreateTempSubdirectory("agentpay-test-").FullName;

    public Uri Url { get; private set; }

    public Program Program => _program!;

    public HttpClient Http => _http;

    /// <summary>Settings of an engine that serves everyone on these chains; the demo sells on the first.</summary>
    public static Dictionary<string, string> SettingsFor(params (TestChain Chain, Uri Rpc, string Key)[] chains)
    {
        var settings = new Dictionary<string, string>
        {
            ["AgentPay__Facilitator__Access"] = "open",
            ["AgentPay__Facilitator__PayerFailuresMax"] = "1000",
            ["AgentPay__Facilitator__CallerFailuresMax"] = "1000000",
            ["AgentPay__Cluster__Address"] = "127.0.0.1",
            ["AgentPay__Cluster__SiloPort"] = "0",
            ["AgentPay__Cluster__GatewayPort"] = "0",
            ["AgentPay__Demo__PayTo"] = chains[0].Chain.Merchant.ToString(),
            ["AgentPay__Demo__Price"] = Payment.Price.ToString(CultureInfo.InvariantCulture),
            ["AgentPay__Demo__Network"] = chains[0].Chain.Network,
            ["AgentPay__Demo__Asset"] = chains[0].Chain.Token.ToString(),
        };
        for (var i = 0; i < chains.Length; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"AgentPay__Chains__{i}");
            settings[$"{path}__Network"] = chains[i].Chain.Network;
            settings[$"{path}__RpcUrls__0"] = chains[i].Rpc.ToString();
            settings[$"{path}__BreakerSeconds"] = "1";
            settings[$"{path}__SignerKeys__0"] = chains[i].Key;
            settings[$"{path}__PollMilliseconds"] = "25";
            settings[$"{path}__Tokens__0__Address"] = chains[i].Chain.Token.ToString();
            settings[$"{path}__Tokens__0__Name"] = "USDC";
            settings[$"{path}__Tokens__0__Version"] = "2";
        }

        return settings;
    }

    /// <summary>A key in the form settings take.</summary>
    public static string NewKeyText(out Address address)
    {
        var bytes = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        using var key = new EvmSigner(bytes);
        address = key.Address;
        return "0x" + Convert.ToHexStringLower(bytes);
    }

    /// <summary>Starts the program with any arguments; for starts that must fail.</summary>
    public static Program Run(IReadOnlyDictionary<string, string> settings, params string[] arguments) =>
        Program.Start(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Places.Engine, .. arguments], settings);

    /// <summary>Starts on a free port the first time, and on the same port again.</summary>
    public async Task StartAsync(bool waitUntilReady = true)
    {
        Assert.True(_program is null || _program.HasEnded, "One engine at a time.");
        if (!_settings.ContainsKey(DatabaseSetting) && (_database = await PostgresIfChosen.AddDatabaseAsync()) is not null)
        {
            _settings[DatabaseSetting] = _database;
        }

        _program = Run(_settings, "up", "--port", Url.Port.ToString(CultureInfo.InvariantCulture), "--data", Data);
        const string Ready = "Now listening on: ";
        var line = await _program.LineAsync(Ready);
        Url = new Uri(line[(line.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)..].Trim());
        if (waitUntilReady)
        {
            await Wait.UntilAsync(IsReadyAsync);
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await GetAsync("/health/ready")).Status == 200;
        }
        catch (HttpRequestException) when (!Program.HasEnded)
        {
            // On a connection to the process that was killed.
            return false;
        }
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => Program.KillAsync();

    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary>What a stopped engine left is whole: see <see cref="DataFolder"/>. A book that did nothing else has no events.</summary>
    public Task AssertWholeAsync(long transfers, bool hasEvents = true) => Database is { } database
        ? DataFolder.AssertWholeInPostgresAsync(database, transfers, hasEvents)
        : DataFolder.AssertWholeAsync(Data, transfers, hasEvents);

    public Task<Answer> VerifyAsync(Payment payment) => PostAsync("/facilitator/verify", payment.Json);

    public Task<Answer> SettleAsync(Payment payment, string? key = null) =>
        PostAsync("/facilitator/settle", payment.Json, key is null ? [] : [("Idempotency-Key", key)]);

    /// <summary>Asks for the demo's quote, with the payment in the header of its version.</summary>
    public Task<Answer> BuyAsync(Payment payment) =>
        GetAsync("/demo/quote", (payment.Body["x402Version"]!.GetValue<int>() == 1 ? "X-PAYMENT" : "PAYMENT-SIGNATURE", payment.Header));

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, path));
        return SendAsync(request, headers);
    }

    public Task<Answer> PostAsync(string path, string json, params (string Name, string Value)[] headers) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, new Uri(Url, path)) { Content = new StringContent(json, Encoding.UTF8, "application/json") }, headers);

    public async Task<Answer> SendAsync(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        using (request)
        {
            foreach (var (name, value) in headers)
            {
                Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
            }

            using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response.Headers);
        }
    }

    /// <summary>The settlement with its postings and events; null when there is none.</summary>
    public async Task<JsonElement?> SettlementAsync(Payment payment)
    {
        var answer = await GetAsync($"/v1/settlements/{Uri.EscapeDataString(payment.Settlement)}");
        return answer.Status == 200 ? answer.Json : null;
    }

    /// <summary>The sum of a counter's series whose labels hold the text.</summary>
    public async Task<double> MetricAsync(string name, string label = "")
    {
        var text = (await GetAsync("/metrics")).Body;
        return text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        _http.Dispose();
        Directory.Delete(Data, recursive: true);
        await PostgresIfChosen.DropDatabaseAsync(_database);
    }
}

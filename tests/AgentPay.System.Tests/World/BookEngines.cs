using System.Globalization;
using System.Net.Sockets;
using AgentPay.Storage.Tests.Postgres;

namespace AgentPay.SystemTests.World;

/// <summary>Engines that keep one book in one database. Their chain's node is not there, which must not matter.</summary>
internal sealed class BookEngines : IAsyncDisposable
{
    public const string Key = "the-operator's-own-key-0001";
    public const string Credits = "book:credits";
    public const string Points = "book:points";

    /// <summary>Who issues <see cref="Credits"/>, as much as there can be.</summary>
    public const string Mint = "mint";

    /// <summary>Who issues <see cref="Points"/>, no more than <see cref="PointsMax"/>.</summary>
    public const string Vault = "vault";
    public const long PointsMax = 50_000;

    private readonly PrivatePostgres? _postgres;
    private Engine[] _engines = [];

    private BookEngines(PrivatePostgres? postgres) => _postgres = postgres;

    public IReadOnlyList<Engine> All => _engines;

    /// <summary>Their server, where they have one.</summary>
    public PrivatePostgres Postgres => _postgres!;

    public string Database { get; private set; } = "";

    /// <summary>On a new server, or on one that is not started yet, which from then on is theirs.</summary>
    public static async Task<BookEngines> StartAsync(int count, PrivatePostgres? postgres = null)
    {
        var engines = new BookEngines(postgres ?? new PrivatePostgres());
        await engines.Postgres.InitializeAsync();
        engines.Database = await engines.Postgres.AddSchemaAsync();
        var settings = SettingsFor(engines.Database);
        engines._engines = [.. Enumerable.Range(0, count).Select(_ => new Engine(settings))];

        // The first alone: it makes the tables.
        foreach (var engine in engines._engines)
        {
            await engine.StartAsync(waitUntilReady: false);
        }

        return engines;
    }

    /// <summary>A single one, on the store that the run's engines have: a file of its own, unless asked for otherwise.</summary>
    public static async Task<BookEngines> StartAloneAsync()
    {
        var settings = SettingsFor("");
        settings.Remove("AgentPay__Postgres");
        var engines = new BookEngines(null) { _engines = [new Engine(settings)] };
        await engines._engines[0].StartAsync(waitUntilReady: false);
        return engines;
    }

    public static string Order(string from, string to, long amount, string asset = Credits) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"from":"{{from}}","to":"{{to}}","asset":"{{asset}}","amount":"{{amount}}"}""");

    public static string List(params IEnumerable<string> orders) => $$"""{"transfers":[{{string.Join(',', orders)}}]}""";

    /// <summary>One of them.</summary>
    public Engine Any(Random chance) => _engines[chance.Next(_engines.Length)];

    /// <summary>Asks once, there; null when nothing was learned: no answer, or a 503, which asks to come again.</summary>
    public static Task<Answer?> TryBookAsync(Engine engine, Uri url, string key, string body, CancellationToken hangUp = default) => TryAsync(
        engine,
        new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/v1/transfers")) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") },
        hangUp,
        ("Idempotency-Key", key));

    /// <summary>Asks once; null as above.</summary>
    public static Task<Answer?> TryGetAsync(Engine engine, string path) => TryAsync(engine, new HttpRequestMessage(HttpMethod.Get, new Uri(engine.Url, path)), CancellationToken.None);

    /// <summary>Asks one after the other with the same key, as a caller should, until it is told.</summary>
    public Task<Answer> BookAsync(Random chance, string key, string body) => Wait.ForAsync(
        () =>
        {
            var engine = Any(chance);
            return TryBookAsync(engine, engine.Url, key, body);
        },
        seconds: 60,
        key);

    /// <summary>The same of what writes nothing.</summary>
    public Task<Answer> GetAsync(Random chance, string path) => Wait.ForAsync(() => TryGetAsync(Any(chance), path), seconds: 60, path);

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    private static async Task<Answer?> TryAsync(Engine engine, HttpRequestMessage request, CancellationToken hangUp, params (string Name, string Value)[] headers)
    {
        using (request)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Key);
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(hangUp, TestContext.Current.CancellationToken);
            try
            {
                using var response = await engine.Http.SendAsync(request, stopping.Token);
                var answer = new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(stopping.Token), response.Headers);
                Assert.True(answer.Status is 200 or 404 or 422 or 503, $"{request.RequestUri}: {answer}{Environment.NewLine}{engine.Program.Output}");
                return answer.Status == 503 ? null : answer;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException || (e is OperationCanceledException && hangUp.IsCancellationRequested))
            {
                // HttpClient lets a SocketException through when an engine dies in the moment in which it was connected to.
                return null;
            }
        }
    }

    private static Dictionary<string, string> SettingsFor(string database) => new()
    {
        ["AgentPay__Postgres"] = database,
        ["AgentPay__Cluster__Address"] = "127.0.0.1",
        ["AgentPay__Cluster__SiloPort"] = "0",
        ["AgentPay__Cluster__GatewayPort"] = "0",
        ["AgentPay__Chains__0__Network"] = "eip155:84532",
        ["AgentPay__Chains__0__RpcUrls__0"] = "http://127.0.0.1:9",
        ["AgentPay__Chains__0__SignerKeys__0"] = Engine.NewKeyText(out _),
        ["AgentPay__Chains__0__Tokens__0__Address"] = "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
        ["AgentPay__Chains__0__Tokens__0__Name"] = "USDC",
        ["AgentPay__Chains__0__Tokens__0__Version"] = "2",
        ["AgentPay__Book__Keys__0"] = Key,
        ["AgentPay__Book__Assets__0__Code"] = "credits",
        ["AgentPay__Book__Assets__0__Issuer"] = Mint,
        ["AgentPay__Book__Assets__1__Code"] = "points",
        ["AgentPay__Book__Assets__1__Issuer"] = Vault,
        ["AgentPay__Book__Assets__1__IssueMax"] = PointsMax.ToString(CultureInfo.InvariantCulture),
    };
}

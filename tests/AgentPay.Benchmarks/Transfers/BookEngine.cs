using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Transfers;

/// <summary>The engine as a process that keeps a book; its chain has no node, so nothing but the book is at work.</summary>
internal sealed class BookEngine : IAsyncDisposable
{
    public const string Asset = "book:credits";
    public const string Issuer = "mint";

    private readonly ChildProcess process;

    private BookEngine(ChildProcess process, Uri url)
    {
        this.process = process;
        Url = url;
    }

    public Uri Url { get; }

    public int ProcessId => process.Id;

    public static async Task<BookEngine> StartAsync(string data)
    {
        var environment = new Dictionary<string, string>
        {
            ["AgentPay__Chains__0__Network"] = "eip155:84532",
            ["AgentPay__Chains__0__RpcUrls__0"] = "http://127.0.0.1:9",
            ["AgentPay__Chains__0__SignerKeys__0"] = Keys.Hex("engine"),
            ["AgentPay__Chains__0__PollMilliseconds"] = "60000",
            ["AgentPay__Chains__0__BusyPollMilliseconds"] = "60000",
            ["AgentPay__Chains__0__Tokens__0__Address"] = "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
            ["AgentPay__Chains__0__Tokens__0__Name"] = "USDC",
            ["AgentPay__Chains__0__Tokens__0__Version"] = "2",
            ["AgentPay__Book__Access"] = "open",
            ["AgentPay__Book__Assets__0__Code"] = "credits",
            ["AgentPay__Book__Assets__0__Decimals"] = "2",
            ["AgentPay__Book__Assets__0__Issuer"] = Issuer,
        };
        const string Listening = "Now listening on: ";
        var (process, url) = await ChildProcess.StartAsync(
            "dotnet", [Repository.Engine, "up", "--port", "0", "--data", data],
            line => line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0 ? line[(at + Listening.Length)..].Trim() : null, environment);
        return new BookEngine(process, new Uri(url));
    }

    /// <summary>kill -9: what was acknowledged must be in the file.</summary>
    public ValueTask DisposeAsync() => process.DisposeAsync();
}

namespace AgentPay.Silo.Settings;

/// <summary>Reads the URLs of a chain's nodes. What is wrong is said without the part behind the host, where keys stand.</summary>
internal static class NodeUrls
{
    /// <summary>The URLs to ask and those that tell of new blocks, of which there is one at most.</summary>
    public static (IReadOnlyList<Uri> Http, IReadOnlyList<Uri> Sockets) Read(ChainSection chain, string path, ICollection<string> problems)
    {
        var (http, sockets) = (new List<Uri>(), new List<Uri>());
        if (chain.RpcUrls.Count == 0)
        {
            problems.Add($"{path}:RpcUrls:0 is missing: the URL of a JSON-RPC node of {chain.Network}.");
        }

        foreach (var url in chain.RpcUrls)
        {
            Add(url, $"{path}:RpcUrls", "http, https, ws or wss", uri => uri.Scheme is "http" or "https" ? http : uri.Scheme is "ws" or "wss" ? sockets : null, problems);
        }

        if (sockets.Count > 0 && http.Count == 0)
        {
            problems.Add($"{path}:RpcUrls has no http or https URL: a websocket tells of new blocks, it is asked nothing.");
        }

        if (chain.WebSocketUrl.Length > 0)
        {
            Add(chain.WebSocketUrl, $"{path}:WebSocketUrl", "ws or wss", uri => uri.Scheme is "ws" or "wss" ? sockets : null, problems);
        }

        if (sockets.Count > 1)
        {
            problems.Add($"{path} names {sockets.Count} websockets; one is used.");
        }

        return (http, sockets);
    }

    private static void Add(string url, string setting, string schemes, Func<Uri, List<Uri>?> listFor, ICollection<string> problems)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            problems.Add($"{setting} has an entry that is no URL.");
        }
        else if (listFor(uri) is { } list)
        {
            list.Add(uri);
        }
        else
        {
            problems.Add($"{setting} has '{uri.Scheme}://{uri.Authority}', which is no {schemes} URL.");
        }
    }
}

namespace AgentPay.Chains.Evm;

/// <summary>A node's URL, whose path, query and user part are often a key: they are shown to nobody, and taken out of what a node says.</summary>
internal sealed class NodeAddress
{
    // Shorter parts ("v2", "rpc") are no keys, and would take ordinary words out of a node's text.
    private const int SecretCharactersMin = 8;

    private readonly string[] _secrets;

    public NodeAddress(Uri url)
    {
        Url = url;
        Name = url.GetLeftPart(UriPartial.Scheme) + url.Authority;
        string[] parts = [.. url.AbsolutePath.Split('/'), .. url.Query.TrimStart('?').Split('&', '='), .. url.UserInfo.Split(':')];
        _secrets = [.. parts.SelectMany(static part => new[] { part, Uri.UnescapeDataString(part) })
            .Where(static part => part.Length >= SecretCharactersMin).Distinct().OrderByDescending(static part => part.Length)];
    }

    public Uri Url { get; }

    /// <summary>Scheme, host and, unless it is the usual one, port.</summary>
    public string Name { get; }

    /// <summary>A foreign text without the secret parts of this address.</summary>
    public string Redact(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, "…", StringComparison.OrdinalIgnoreCase);
        }

        return text;
    }
}

namespace AgentPay.Silo.Settings;

/// <summary>What a process does.</summary>
/// <param name="Api">It answers requests.</param>
/// <param name="Silo">It runs grains, and works chains with its keys.</param>
internal readonly record struct HostRoles(bool Api, bool Silo)
{
    public static HostRoles Both => new(Api: true, Silo: true);

    public bool AreBoth => Api && Silo;

    /// <summary>Reads <c>api</c>, <c>silo</c> or both, with a comma between them; null for anything else.</summary>
    public static HostRoles? Parse(string text)
    {
        var words = text.Split(',', StringSplitOptions.TrimEntries);
        var (api, silo) = (words.Count(Is("api")), words.Count(Is("silo")));
        return words.Length > 0 && words.Length == api + silo && api <= 1 && silo <= 1 ? new HostRoles(api == 1, silo == 1) : null;
    }

    private static Func<string, bool> Is(string role) => word => word.Equals(role, StringComparison.OrdinalIgnoreCase);
}

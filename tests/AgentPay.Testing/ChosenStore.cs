namespace AgentPay.Testing;

/// <summary>Which store the tests' engines run on: the one place that reads it from the environment.</summary>
public static class ChosenStore
{
    /// <summary>True: each engine has a database of its own on the tests' private PostgreSQL. False, unless asked for otherwise: a SQLite file of its own.</summary>
    public static bool IsPostgres { get; } = Environment.GetEnvironmentVariable("AGENTPAY_STORE") switch
    {
        null or "" or "sqlite" => false,
        "postgres" => true,
        var other => throw new ArgumentException($"AGENTPAY_STORE is sqlite or postgres, not '{other}'."),
    };
}

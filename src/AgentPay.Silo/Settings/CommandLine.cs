namespace AgentPay.Silo.Settings;

/// <summary>The words after <c>agentpay up</c>; everything of the form <c>--AgentPay:Name=value</c> goes to the configuration.</summary>
/// <param name="Port">Where to listen, on the loopback address unless <c>--urls</c> says otherwise.</param>
/// <param name="DataDirectory">Folder of the engine's data; null: from the configuration.</param>
/// <param name="Postgres">Where the PostgreSQL database is, in Npgsql's words; null: from the configuration, and without one there a file in the data folder.</param>
/// <param name="Roles">What this process does, as it was written; null: from the configuration.</param>
/// <param name="Devnet">The folder's local chains are used and described in <c>devnet.json</c>.</param>
/// <param name="Rest">For the configuration.</param>
internal sealed record CommandLine(int? Port, string? DataDirectory, string? Postgres, string? Roles, bool Devnet, string[] Rest)
{
    /// <summary>Reads the words; a problem is one sentence.</summary>
    public static (CommandLine? Line, string? Problem) Read(string[] args)
    {
        int? port = null;
        string? data = null;
        string? postgres = null;
        string? roles = null;
        var devnet = false;
        var rest = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "up" when i == 0:
                    break;
                case "--devnet":
                    devnet = true;
                    break;
                case "--port" when i + 1 < args.Length && int.TryParse(args[i + 1], out var number) && number is >= 0 and <= 65_535:
                    port = number;
                    i++;
                    break;
                case "--port":
                    return (null, "--port needs a number from 0 to 65535.");
                case "--urls" when i + 1 < args.Length && args[i + 1].Contains("://", StringComparison.Ordinal):
                    rest.Add($"--urls={args[++i]}");
                    break;
                case "--urls":
                    return (null, "--urls needs an address: http://0.0.0.0:4020.");
                case "--data" when i + 1 < args.Length:
                    data = args[++i];
                    break;
                case "--data":
                    return (null, "--data needs a folder.");
                case "--postgres" when i + 1 < args.Length && SettingsReader.HasPassword(args[i + 1]):
                    return (null, "A password is a secret and is not taken from the command line: put the connection string into the environment variable AgentPay__Postgres, or the password into a passfile (~/.pgpass).");
                case "--postgres" when i + 1 < args.Length && args[i + 1].Contains('=', StringComparison.Ordinal):
                    postgres = args[++i];
                    break;
                case "--postgres":
                    return (null, "--postgres needs a database: \"Host=…;Database=…;Username=…\".");
                case "--roles" when i + 1 < args.Length && HostRoles.Parse(args[i + 1]) is not null:
                    roles = args[++i];
                    break;
                case "--roles":
                    return (null, "--roles needs api, silo or api,silo.");
                case var word when word.Contains('=', StringComparison.Ordinal) || word.Contains(':', StringComparison.Ordinal) || (i > 0 && args[i - 1].Contains(':', StringComparison.Ordinal)):
                    rest.Add(word);
                    break;
                case var word:
                    return (null, $"'{word}' is not understood. Usage: agentpay up [--port 4020 | --urls http://0.0.0.0:4020] [--data DIR] [--postgres \"Host=…\"] [--roles api,silo] [--devnet] [--AgentPay:Name=value …]");
            }
        }

        return (new CommandLine(port, data, postgres, roles, devnet, [.. rest]), null);
    }
}

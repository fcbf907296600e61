using System.Net;
using AgentPay.Api.Books;
using AgentPay.Api.Demo;
using AgentPay.Api.Facilitator;
using AgentPay.Chains.Evm;
using AgentPay.Grains.Books;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Facilitator;
using AgentPay.Silo.Composition;
using AgentPay.Silo.Devnet;
using AgentPay.X402.Schemes;

namespace AgentPay.Silo.Settings;

/// <summary>A chain whose settings hold together.</summary>
internal sealed record ConfiguredChain(ChainSettings Settings, EvmChainOptions Node, IReadOnlyList<EvmSigner> Keys);

/// <summary>Reads the settings and says, one clear sentence each, what is wrong with them.</summary>
internal sealed class SettingsReader
{
    private static readonly string[] _secretWords = ["password=", "pwd=", "psw="];

    private readonly List<string> problems = [];

    /// <summary>What is wrong; empty when the engine can start.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Secrets on a command line can be read by every user of the machine and stay in its shell history.</summary>
    public void RefuseSecrets(IEnumerable<string> args)
    {
        foreach (var arg in args)
        {
            var name = arg.TrimStart('-', '/').Split('=', 2)[0].Replace("__", ":", StringComparison.Ordinal);
            name = HasPassword(arg) ? "AgentPay:Postgres" : name;
            if (name.Contains(":SignerKeys", StringComparison.OrdinalIgnoreCase) || name.Contains("Facilitator:Keys", StringComparison.OrdinalIgnoreCase)
                || name.Contains("Book:Keys", StringComparison.OrdinalIgnoreCase) || HasPassword(arg))
            {
                problems.Add($"{name} is a secret and is not taken from the command line: use a file, or the environment variable {name.Replace(":", "__", StringComparison.Ordinal)}.");
            }
        }
    }

    /// <summary>True when a connection string names a secret; Npgsql has several words for it.</summary>
    public static bool HasPassword(string connectionString)
    {
        var words = connectionString.Replace(" ", "", StringComparison.Ordinal);
        return _secretWords.Any(word => words.Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>False when a name is no setting or a value is of another type: then there is nothing to read.</summary>
    public bool CheckShape(IConfiguration configuration)
    {
        var shape = new SettingsShape(problems);
        shape.Check(configuration.GetSection("AgentPay"), [typeof(EngineSettings)], "Facilitator", "Demo", "Book", "Cluster");
        shape.Check(configuration.GetSection("AgentPay:Cluster"), [typeof(ClusterSettings)]);
        shape.Check(configuration.GetSection("AgentPay:Facilitator"), [typeof(FacilitatorSettings), typeof(FacilitatorAccessSettings)]);
        shape.Check(configuration.GetSection("AgentPay:Demo"), [typeof(DemoSettings)]);
        shape.Check(configuration.GetSection("AgentPay:Book"), [typeof(BookSettings), typeof(BookAccessSettings)]);
        return problems.Count == 0;
    }

    /// <summary>True when local chains were started in this data folder.</summary>
    public bool CheckDevnet(string dataDirectory)
    {
        var isStarted = File.Exists(Path.Combine(dataDirectory, DevnetFile.ChainsName));
        Require(isStarted, $"There are no local chains in {dataDirectory}: ./agentpay up --devnet starts them before the engine.");
        return isStarted;
    }

    /// <summary>Checks what this process is to do and how it finds others; both when that cannot be read.</summary>
    public HostRoles ReadRoles(EngineSettings settings, ClusterSettings cluster)
    {
        var roles = HostRoles.Parse(settings.Roles);
        Require(roles is not null, $"AgentPay:Roles is '{settings.Roles}'; it must be api, silo or api,silo.");
        Require(
            Enum.TryParse<ClusterMembership>(cluster.Membership, ignoreCase: true, out _) && !char.IsAsciiDigit(cluster.Membership[0]),
            $"AgentPay:Cluster:Membership is '{cluster.Membership}'; it must be AdoNet or Kubernetes.");
        Require(cluster.Name.Length is >= 1 and <= 150, "AgentPay:Cluster:Name must have 1 to 150 characters.");
        Require(cluster.Address.Length == 0 || IPAddress.TryParse(cluster.Address, out _), $"AgentPay:Cluster:Address is '{cluster.Address}'; it must be an IP address.");
        if (roles is { } read && GrainRuntime.RefusalOf(read, settings, cluster) is { } refusal)
        {
            problems.Add(refusal);
        }

        return roles ?? HostRoles.Both;
    }

    /// <summary>Reads every chain.</summary>
    public IReadOnlyList<ConfiguredChain> ReadChains(EngineSettings settings)
    {
        if (settings.Chains.Count == 0)
        {
            problems.Add("No chain is configured: set AgentPay:Chains:0:Network and its neighbours, or start with --devnet to try the engine out.");
        }

        foreach (var twice in settings.Chains.GroupBy(chain => chain.Network).Where(group => group.Count() > 1))
        {
            problems.Add($"AgentPay:Chains names {twice.Key} {twice.Count()} times; a network is configured once, with several RpcUrls if need be.");
        }

        return [.. settings.Chains.Select((chain, i) => ReadChain(chain, $"AgentPay:Chains:{i}")).OfType<ConfiguredChain>()];
    }

    /// <summary>Checks who may use the facilitator.</summary>
    public void CheckAccess(IConfigurationSection facilitator)
    {
        var access = facilitator["Access"] ?? nameof(FacilitatorAccessMode.PayTo);
        var isKnown = Enum.TryParse<FacilitatorAccessMode>(access, ignoreCase: true, out var mode) && !char.IsAsciiDigit(access[0]);
        Require(isKnown, $"AgentPay:Facilitator:Access is '{access}'; it must be open, payTo or keys.");
        var keys = facilitator.GetSection("Keys").Get<string[]>() ?? [];
        Require(mode != FacilitatorAccessMode.Keys || keys.Length > 0, "AgentPay:Facilitator:Access is keys, but AgentPay:Facilitator:Keys:0 is missing.");
        Require(keys.All(key => key.Length >= 24), "AgentPay:Facilitator:Keys has a key of less than 24 characters; such a key can be guessed.");
        foreach (var payTo in (facilitator.GetSection("PayTo").Get<string[]>() ?? []).Where(payTo => !Address.TryParse(payTo, out _)))
        {
            problems.Add($"AgentPay:Facilitator:PayTo has '{payTo}'; it must be 0x and 40 hexadecimal digits.");
        }
    }

    /// <summary>Checks the book's assets and who may use it.</summary>
    public void CheckBook(IConfigurationSection book)
    {
        var settings = new BookSettings();
        book.Bind(settings);
        problems.AddRange(settings.Problems());
        var access = book["Access"] ?? nameof(BookAccessMode.Keys);
        var isKnown = Enum.TryParse<BookAccessMode>(access, ignoreCase: true, out var mode) && !char.IsAsciiDigit(access[0]);
        Require(isKnown, $"AgentPay:Book:Access is '{access}'; it must be open or keys.");
        var keys = book.GetSection("Keys").Get<string[]>() ?? [];
        Require(mode != BookAccessMode.Keys || keys.Length > 0 || settings.Assets.Count == 0, "AgentPay:Book:Access is keys, but AgentPay:Book:Keys:0 is missing.");
        Require(keys.All(key => key.Length >= 24), "AgentPay:Book:Keys has a key of less than 24 characters; such a key can be guessed.");
    }

    /// <summary>Checks the price of the demo endpoint; without a payee there is no such endpoint.</summary>
    public void CheckDemo(DemoSettings demo, IReadOnlyList<ConfiguredChain> chains)
    {
        if (demo.PayTo.Length == 0)
        {
            return;
        }

        Require(Address.TryParse(demo.PayTo, out _), $"AgentPay:Demo:PayTo is '{demo.PayTo}'; it must be 0x and 40 hexadecimal digits.");
        Require(UInt256.TryParse(demo.Price, out var price) && !price.IsZero, $"AgentPay:Demo:Price is '{demo.Price}'; it must be a whole number of the token's smallest unit, more than 0.");
        Require(demo.TransferMethod is SchemeNames.Eip3009 or SchemeNames.Permit2, $"AgentPay:Demo:TransferMethod is '{demo.TransferMethod}'; it must be eip3009 or permit2.");
        var chain = chains.FirstOrDefault(chain => chain.Settings.Network == demo.Network);
        Require(chain is not null || problems.Count > 0, $"AgentPay:Demo:Network is '{demo.Network}'; it must be one of the configured chains.");
        var token = chain?.Settings.FindToken(demo.Asset.ToLowerInvariant());
        Require(token is not null || chain is null, $"AgentPay:Demo:Asset is '{demo.Asset}'; it must be one of the tokens of {demo.Network}.");
        Require(token is not { Name: "" } || demo.TransferMethod != SchemeNames.Eip3009, $"AgentPay:Demo:TransferMethod is eip3009, but {demo.Asset} has no Name and Version; such a token is moved by permit2.");
    }

    private static SendingSettings ToSending(ChainSection chain) => new()
    {
        PaymentsMax = chain.PaymentsPerTransactionMax,
        Gather = TimeSpan.FromMilliseconds(chain.GatherMilliseconds),
        GasPerTransactionMax = (ulong)Math.Max(chain.GasPerTransactionMax, 0),
        GasPerDayMax = (ulong)Math.Max(chain.GasPerDayMax, 0),
        ApprovalGasMoneyPerDay = ReadGasMoney(chain) ?? 0,
        StuckAfter = TimeSpan.FromSeconds(chain.StuckSeconds),
    };

    private static UInt128? ReadGasMoney(ChainSection chain) => UInt256.TryParse(chain.ApprovalGasMoneyPerDay, out var wei) && wei.High == 0 ? wei.Low : null;

    private ConfiguredChain? ReadChain(ChainSection chain, string path)
    {
        var before = problems.Count;
        Require(chain.Network.StartsWith("eip155:", StringComparison.Ordinal) && ulong.TryParse(chain.Network.AsSpan(7), out _),
            $"{path}:Network is '{chain.Network}'; it must be a CAIP-2 name such as eip155:8453.");
        var (http, sockets) = NodeUrls.Read(chain, path, problems);
        Require(chain.BreakerSeconds is >= 1 and <= 600, $"{path}:BreakerSeconds is {chain.BreakerSeconds}; it must be 1 to 600.");
        Require(chain.LagBlocksMax is >= 0 and <= 1_000, $"{path}:LagBlocksMax is {chain.LagBlocksMax}; it must be 0 to 1000.");
        Require(chain.Confirmations is >= 1 and <= 1_000, $"{path}:Confirmations is {chain.Confirmations}; it must be 1 to 1000.");
        Require(chain.FinalityDepth == 0 || (chain.FinalityDepth > chain.Confirmations && chain.FinalityDepth <= 10_000),
            $"{path}:FinalityDepth is {chain.FinalityDepth}; it must be more than Confirmations and at most 10000, or 0 for the node's word.");
        var safeMax = chain.FinalityDepth > 0 ? chain.FinalityDepth : 10_000;
        Require(chain.SafeDepth == 0 || (chain.SafeDepth >= chain.Confirmations && chain.SafeDepth <= safeMax),
            $"{path}:SafeDepth is {chain.SafeDepth}; it must be at least Confirmations and at most FinalityDepth ({safeMax}), or 0 for the node's word.");
        Require(chain.PollMilliseconds is >= 10 and <= 60_000, $"{path}:PollMilliseconds is {chain.PollMilliseconds}; it must be 10 to 60000.");
        Require(chain.BusyPollMilliseconds is >= 10 and <= 60_000, $"{path}:BusyPollMilliseconds is {chain.BusyPollMilliseconds}; it must be 10 to 60000.");
        Require(chain.PaymentsPerTransactionMax is >= 1 and <= 500, $"{path}:PaymentsPerTransactionMax is {chain.PaymentsPerTransactionMax}; it must be 1 to 500.");
        Require(chain.GatherMilliseconds is >= 0 and <= 10_000, $"{path}:GatherMilliseconds is {chain.GatherMilliseconds}; it must be 0 to 10000.");
        Require(chain.GasPerTransactionMax is >= 200_000 and <= 1_000_000_000, $"{path}:GasPerTransactionMax is {chain.GasPerTransactionMax}; it must be 200000 to 1000000000.");
        Require(chain.GasPerDayMax >= 0, $"{path}:GasPerDayMax is {chain.GasPerDayMax}; it must be 0 (no ceiling) or more.");
        Require(ReadGasMoney(chain) is not null, $"{path}:ApprovalGasMoneyPerDay is '{chain.ApprovalGasMoneyPerDay}'; it must be a whole number of wei, 0 (none) to {UInt128.MaxValue}.");
        Require(chain.StuckSeconds is >= 5 and <= 3_600, $"{path}:StuckSeconds is {chain.StuckSeconds}; it must be 5 to 3600.");
        var (maxFee, maxTip) = (ReadWei(chain.MaxFeePerGas, $"{path}:MaxFeePerGas"), ReadWei(chain.MaxTipPerGas, $"{path}:MaxTipPerGas"));
        Require(chain.Tokens.Count > 0, $"{path}:Tokens:0 is missing: the engine settles only in tokens that are named.");
        var tokens = chain.Tokens.Select((token, i) => ReadToken(token, $"{path}:Tokens:{i}")).ToArray();
        var factories = ReadFactories(chain, path);
        var keys = ReadKeys(chain, path);
        return problems.Count > before
            ? null
            : new ConfiguredChain(
                new ChainSettings(chain.Network, chain.Confirmations, chain.FinalityDepth, tokens!)
                {
                    SafeDepth = chain.SafeDepth,
                    MaxFeePerGas = maxFee,
                    MaxTipPerGas = maxTip,
                    Sending = ToSending(chain),
                    WalletFactories = factories,
                },
                new EvmChainOptions
                {
                    Network = chain.Network,
                    RpcUrls = http,
                    WebSocketUrl = sockets.Count > 0 ? sockets[0] : null,
                    BreakerTime = TimeSpan.FromSeconds(chain.BreakerSeconds),
                    LagBlocksMax = chain.LagBlocksMax,
                    PollInterval = TimeSpan.FromMilliseconds(chain.PollMilliseconds),
                    BusyPollInterval = TimeSpan.FromMilliseconds(chain.BusyPollMilliseconds),
                    ZeroGas = chain.ZeroGas,
                },
                keys);
    }

    /// <summary>What moves money, or can be told to call anything, is no factory: a payer writes the call.</summary>
    private Address[] ReadFactories(ChainSection chain, string path)
    {
        var others = chain.Tokens.Select(token => token.Address.ToLowerInvariant())
            .Concat([Address.Zero.ToString(), Multicall3.Address.ToString(), Permit2.Contract.ToString(), Permit2.Proxy.ToString()]).ToHashSet();
        for (var i = 0; i < chain.WalletFactories.Count; i++)
        {
            var factory = chain.WalletFactories[i];
            Require(
                Address.TryParse(factory, out var address) && !others.Contains(address.ToString()),
                $"{path}:WalletFactories:{i} is '{factory}'; it must be the address of a wallet factory, 0x and 40 hexadecimal digits, and no token, Permit2 or Multicall3.");
        }

        return [.. chain.WalletFactories.Select(factory => Address.TryParse(factory, out var address) ? address : Address.Zero)];
    }

    private UInt256 ReadWei(string text, string path)
    {
        Require(UInt256.TryParse(text, out var wei) && !wei.IsZero, $"{path} is '{text}'; it must be a whole number of wei, more than 0.");
        return wei;
    }

    private TokenSettings? ReadToken(TokenSection token, string path)
    {
        var before = problems.Count;
        var isAddress = Address.TryParse(token.Address, out var address);
        Require(isAddress, $"{path}:Address is '{token.Address}'; it must be 0x and 40 hexadecimal digits.");
        var needsDomain = token.TakesPermits || token.Name.Length + token.Version.Length > 0;
        Require(token.Name.Length > 0 || !needsDomain, $"{path}:Name is missing: the token's EIP-712 domain name, such as USD Coin.");
        Require(token.Version.Length > 0 || !needsDomain, $"{path}:Version is missing: the token's EIP-712 domain version, such as 2.");
        Require(token.Decimals is >= 0 and <= 36, $"{path}:Decimals is {token.Decimals}; it must be 0 to 36.");
        var symbol = token.Symbol.Length > 0 ? token.Symbol : token.Name;
        return problems.Count > before ? null : new TokenSettings(address.ToString(), symbol, token.Name, token.Version, token.Decimals, token.TakesPermits);
    }

    private List<EvmSigner> ReadKeys(ChainSection chain, string path)
    {
        var keys = new List<EvmSigner>();
        Require(chain.SignerKeys.Count + chain.SignerKeyFiles.Count > 0, $"{path} has neither SignerKeys nor SignerKeyFiles: a key that pays gas on {chain.Network} is needed.");
        for (var i = 0; i < chain.SignerKeys.Count; i++)
        {
            Add(keys, () => EvmSigner.Parse(chain.SignerKeys[i]), $"{path}:SignerKeys:{i} is no private key: 0x and 64 hexadecimal digits.");
        }

        for (var i = 0; i < chain.SignerKeyFiles.Count; i++)
        {
            Add(keys, () => EvmSigner.FromFile(chain.SignerKeyFiles[i]), $"{path}:SignerKeyFiles:{i} ({chain.SignerKeyFiles[i]}) cannot be read as a private key: one line of 0x and 64 hexadecimal digits.");
        }

        if (keys.GroupBy(key => key.Address).Any(group => group.Count() > 1))
        {
            problems.Add($"{path} names one signer key twice.");
        }

        return keys;
    }

    private void Add(List<EvmSigner> keys, Func<EvmSigner> read, string problem)
    {
        try
        {
            keys.Add(read());
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add(problem);
        }
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            problems.Add(problem);
        }
    }
}

using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Operation;

/// <summary>A start that cannot be: one clear sentence each, an exit code, and never a secret in the words.</summary>
public sealed class StartTests(SharedChain world) : IClassFixture<SharedChain>
{
#if ORLEANS
    private const string RolesNeedMore = "AgentPay:Roles must be api,silo without AgentPay:Postgres: processes find each other in the database.";
#else
    private const string RolesNeedMore = "AgentPay:Roles must be api,silo: this build runs its grains in the process that answers; roles of their own need the Orleans build.";
#endif
    private const string Secret = "0x2222222222222222222222222222222222222222222222222222222222222222";

    [Theory]
    [InlineData("AgentPay__Chains__0__Network", "base", "AgentPay:Chains:0:Network is 'base'; it must be a CAIP-2 name such as eip155:8453.")]
    [InlineData("AgentPay__Chains__0__RpcUrls__0", "ftp://node/v2/the-secret", "AgentPay:Chains:0:RpcUrls has 'ftp://node', which is no http, https, ws or wss URL.")]
    [InlineData("AgentPay__Chains__0__RpcUrls__0", "wss://node/v2/the-secret", "AgentPay:Chains:0:RpcUrls has no http or https URL: a websocket tells of new blocks, it is asked nothing.")]
    [InlineData("AgentPay__Chains__0__RpcUrls__0", "no url", "AgentPay:Chains:0:RpcUrls has an entry that is no URL.")]
    [InlineData("AgentPay__Chains__0__WebSocketUrl", "https://node/v2/the-secret", "AgentPay:Chains:0:WebSocketUrl has 'https://node', which is no ws or wss URL.")]
    [InlineData("AgentPay__Chains__0__BreakerSeconds", "0", "AgentPay:Chains:0:BreakerSeconds is 0; it must be 1 to 600.")]
    [InlineData("AgentPay__Chains__0__BreakerSeconds", "601", "AgentPay:Chains:0:BreakerSeconds is 601; it must be 1 to 600.")]
    [InlineData("AgentPay__Chains__0__LagBlocksMax", "-1", "AgentPay:Chains:0:LagBlocksMax is -1; it must be 0 to 1000.")]
    [InlineData("AgentPay__Chains__0__LagBlocksMax", "1001", "AgentPay:Chains:0:LagBlocksMax is 1001; it must be 0 to 1000.")]
    [InlineData("AgentPay__Chains__0__RpcUrls__0", null, "AgentPay:Chains:0:RpcUrls:0 is missing: the URL of a JSON-RPC node of eip155:84532.")]
    [InlineData("AgentPay__Chains__0__SignerKeys__0", null, "AgentPay:Chains:0 has neither SignerKeys nor SignerKeyFiles: a key that pays gas on eip155:84532 is needed.")]
    [InlineData("AgentPay__Chains__0__SignerKeys__0", "0x22", "AgentPay:Chains:0:SignerKeys:0 is no private key: 0x and 64 hexadecimal digits.")]
    [InlineData("AgentPay__Chains__0__SignerKeyFiles__0", "/no/such/file", "AgentPay:Chains:0:SignerKeyFiles:0 (/no/such/file) cannot be read as a private key: one line of 0x and 64 hexadecimal digits.")]
    [InlineData("AgentPay__Chains__0__Confirmations", "0", "AgentPay:Chains:0:Confirmations is 0; it must be 1 to 1000.")]
    [InlineData("AgentPay__Chains__0__PollMilliseconds", "9", "AgentPay:Chains:0:PollMilliseconds is 9; it must be 10 to 60000.")]
    [InlineData("AgentPay__Chains__0__Tokens__0__Name", null, "AgentPay:Chains:0:Tokens:0:Name is missing: the token's EIP-712 domain name, such as USD Coin.")]
    [InlineData("AgentPay__Chains__0__Tokens__0__Version", null, "AgentPay:Chains:0:Tokens:0:Version is missing: the token's EIP-712 domain version, such as 2.")]
    [InlineData("AgentPay__Chains__0__Tokens__0__TakesPermits", "no", "AgentPay:Chains:0:Tokens:0:TakesPermits is 'no'; it must be true or false.")]
    [InlineData("AgentPay__Chains__0__WalletFactories__0", "0x12", "AgentPay:Chains:0:WalletFactories:0 is '0x12'; it must be the address of a wallet factory, 0x and 40 hexadecimal digits, and no token, Permit2 or Multicall3.")]
    [InlineData("AgentPay__Chains__0__WalletFactories__0", "0xcA11bde05977b3631167028862bE2a173976CA11", "AgentPay:Chains:0:WalletFactories:0 is '0xcA11bde05977b3631167028862bE2a173976CA11'; it must be the address of a wallet factory, 0x and 40 hexadecimal digits, and no token, Permit2 or Multicall3.")]
    [InlineData("AgentPay__Chains__0__WalletFactories__0", "0x0000000000000000000000000000000000000000", "AgentPay:Chains:0:WalletFactories:0 is '0x0000000000000000000000000000000000000000'; it must be the address of a wallet factory, 0x and 40 hexadecimal digits, and no token, Permit2 or Multicall3.")]
    [InlineData("AgentPay__Roles", "worker", "AgentPay:Roles is 'worker'; it must be api, silo or api,silo.")]
    [InlineData("AgentPay__Roles", "api", RolesNeedMore)]
    [InlineData("AgentPay__Roles", "silo", RolesNeedMore)]
    [InlineData("AgentPay__Cluster__Membership", "Consul", "AgentPay:Cluster:Membership is 'Consul'; it must be AdoNet or Kubernetes.")]
    [InlineData("AgentPay__Cluster__SiloPort", "65536", "AgentPay:Cluster:SiloPort is 65536; it must be 0 to 65535.")]
    [InlineData("AgentPay__Cluster__GatewayPort", "-1", "AgentPay:Cluster:GatewayPort is -1; it must be 0 to 65535.")]
    [InlineData("AgentPay__Cluster__Address", "silo-0", "AgentPay:Cluster:Address is 'silo-0'; it must be an IP address.")]
    [InlineData("AgentPay__Cluster__Name", "", "AgentPay:Cluster:Name must have 1 to 150 characters.")]
    [InlineData("AgentPay__Facilitator__Access", "everyone", "AgentPay:Facilitator:Access is 'everyone'; it must be open, payTo or keys.")]
    [InlineData("AgentPay__Facilitator__Access", "keys", "AgentPay:Facilitator:Access is keys, but AgentPay:Facilitator:Keys:0 is missing.")]
    [InlineData("AgentPay__Facilitator__PayTo__0", "0x12", "AgentPay:Facilitator:PayTo has '0x12'; it must be 0x and 40 hexadecimal digits.")]
    [InlineData("AgentPay__Demo__Price", "0.1", "AgentPay:Demo:Price is '0.1'; it must be a whole number of the token's smallest unit, more than 0.")]
    [InlineData("AgentPay__Demo__Network", "eip155:1", "AgentPay:Demo:Network is 'eip155:1'; it must be one of the configured chains.")]
    [InlineData("AgentPay__Facilitator__SettleWaitSeconds", "0", "AgentPay:Facilitator:SettleWaitSeconds is 0; it must be 1 to 80.")]
    [InlineData("AgentPay__Facilitator__SettleWaitSeconds", "81", "AgentPay:Facilitator:SettleWaitSeconds is 81; it must be 1 to 80.")]
    [InlineData("AgentPay__Facilitator__SettleWaitSeconds", "soon", "AgentPay:Facilitator:SettleWaitSeconds is 'soon'; it must be a whole number.")]
    [InlineData("AgentPay__Facilitator__PayerFailuresMax", "1001", "AgentPay:Facilitator:PayerFailuresMax is 1001; it must be 1 to 1000.")]
    [InlineData("AgentPay__Facilitator__Acess", "payTo", "AgentPay:Facilitator:Acess is no setting.")]
    [InlineData("AgentPay__Chains__0__FinalityDepth", "1", "AgentPay:Chains:0:FinalityDepth is 1; it must be more than Confirmations and at most 10000, or 0 for the node's word.")]
    [InlineData("AgentPay__Chains__0__SafeDepth", "10001", "AgentPay:Chains:0:SafeDepth is 10001; it must be at least Confirmations and at most FinalityDepth (10000), or 0 for the node's word.")]
    [InlineData("AgentPay__Chains__0__Confirmations", "one", "AgentPay:Chains:0:Confirmations is 'one'; it must be a whole number.")]
    [InlineData("AgentPay__Chains__0__GasPerDayMax", "1e9", "AgentPay:Chains:0:GasPerDayMax is '1e9'; it must be a whole number.")]
    [InlineData("AgentPay__Chains__0__GasPerTransactionMax", "16_700_000", "AgentPay:Chains:0:GasPerTransactionMax is '16_700_000'; it must be a whole number.")]
    [InlineData("AgentPay__Chains__0__ZeroGas", "no", "AgentPay:Chains:0:ZeroGas is 'no'; it must be true or false.")]
    [InlineData("AgentPay__Chains__0__Tokens__0__Decimals", "six", "AgentPay:Chains:0:Tokens:0:Decimals is 'six'; it must be a whole number.")]
    [InlineData("AgentPay__Chains__0__ApprovalGasMoneyPerDay", "-1", "AgentPay:Chains:0:ApprovalGasMoneyPerDay is '-1'; it must be a whole number of wei, 0 (none) to 340282366920938463463374607431768211455.")]
    [InlineData("AgentPay__Chains__0__ApprovalGasMoneyPerDay", "340282366920938463463374607431768211456", "AgentPay:Chains:0:ApprovalGasMoneyPerDay is '340282366920938463463374607431768211456'; it must be a whole number of wei, 0 (none) to 340282366920938463463374607431768211455.")]
    [InlineData("AgentPay__Chains__0__MaxFeePerGas", "0", "AgentPay:Chains:0:MaxFeePerGas is '0'; it must be a whole number of wei, more than 0.")]
    [InlineData("AgentPay__Chains__0__MaxTipPerGas", "1 gwei", "AgentPay:Chains:0:MaxTipPerGas is '1 gwei'; it must be a whole number of wei, more than 0.")]
    [InlineData("AgentPay__Chains__1__Confirmation", "5", "AgentPay:Chains:1:Confirmation is no setting.")]
    [InlineData("AgentPay__Demo__PayTo__0", "0x12", "AgentPay:Demo:PayTo is one value, not a list.")]
    public async Task A_wrong_setting_stops_the_start_with_one_sentence(string name, string? value, string sentence)
    {
        var settings = await world.NewSettingsAsync();
        settings.Remove(name);
        if (value is not null)
        {
            settings[name] = value;
        }

        Assert.Equal((2, sentence), await RunAsync(settings));
    }

    [Theory]
    [InlineData("", "", "AgentPay:Demo:TransferMethod is eip3009, but {0} has no Name and Version; such a token is moved by permit2.")]
    [InlineData("USDC", "", "AgentPay:Chains:0:Tokens:0:Version is missing: the token's EIP-712 domain version, such as 2.")]
    [InlineData("", "2", "AgentPay:Chains:0:Tokens:0:Name is missing: the token's EIP-712 domain name, such as USD Coin.")]
    public async Task A_token_without_permits_has_a_whole_domain_or_none_and_none_is_not_sold_for_by_eip3009(string name, string version, string sentence)
    {
        var settings = await world.NewSettingsAsync(
            ("AgentPay__Chains__0__Tokens__0__TakesPermits", "false"), ("AgentPay__Chains__0__Tokens__0__Name", name), ("AgentPay__Chains__0__Tokens__0__Version", version));

        Assert.Equal((2, string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, world.Chain.Token)), await RunAsync(settings));
    }

    [Fact]
    public async Task Without_any_setting_it_says_where_to_begin() =>
        Assert.Equal(
            (2, "No chain is configured: set AgentPay:Chains:0:Network and its neighbours, or start with --devnet to try the engine out."),
            await RunAsync(new Dictionary<string, string>()));

    [Theory]
    [InlineData($"--AgentPay:Chains:0:SignerKeys:0={Secret}")]
    [InlineData($"AgentPay:Chains:0:SignerKeys:0={Secret}")]
    [InlineData($"/AgentPay:Chains:0:SignerKeys:0={Secret}")]
    [InlineData("--AgentPay:Chains:0:SignerKeys:0", Secret)]
    [InlineData($"--agentpay:chains:0:signerkeys:0={Secret}")]
    [InlineData($"--AgentPay:Facilitator:Keys:0={Secret}")]
    [InlineData("--postgres", $"Host=db;Username=agentpay;Password={Secret}")]
    [InlineData("--postgres", $"Host=db;pwd = {Secret}")]
    [InlineData($"--AgentPay:Postgres=Host=db;Password={Secret}")]
    [InlineData("--AgentPay:Postgres", $"Host=db;Password={Secret}")]
    public async Task A_secret_on_the_command_line_is_refused_and_not_repeated(params string[] words)
    {
        var (code, said) = await RunAsync(await world.NewSettingsAsync(), words);
        Assert.Equal(2, code);
        Assert.Contains("is a secret and is not taken from the command line", Assert.Single(said.Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port")]
    [InlineData("--port", "65536")]
    [InlineData("--prot", "1")]
    [InlineData("dwon")]
    public async Task A_word_that_is_not_understood_stops_the_start(params string[] words)
    {
        var (code, said) = await RunAsync(await world.NewSettingsAsync(), words);
        Assert.Equal(2, code);
        Assert.Single(said.Split('\n'));
    }

    [Fact]
    public async Task A_data_folder_is_opened_by_one_engine_and_a_port_too()
    {
        await using var engine = await world.NewEngineAsync();
        var settings = await world.NewSettingsAsync();
        if (!ChosenStore.IsPostgres)
        {
            // Several engines may share a database.
            await using var sameData = Engine.Run(settings, "up", "--port", "0", "--data", engine.Data);
            Assert.Equal(3, await sameData.EndAsync());
            Assert.Single(sameData.Output.Split('\n'));
        }

        var data = Directory.CreateTempSubdirectory("agentpay-test-").FullName;
        await using var samePort = Engine.Run(settings, "up", "--port", engine.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--data", data);
        Assert.Equal(3, await samePort.EndAsync());
        Directory.Delete(data, recursive: true);
        Assert.Equal(200, (await engine.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_one_sentence()
    {
        var file = Path.GetTempFileName();
        await using var program = Engine.Run(await world.NewSettingsAsync(), "up", "--port", "0", "--data", Path.Combine(file, "data"));
        Assert.Equal(3, await program.EndAsync());
        Assert.Contains(file, Assert.Single(program.Output.Split('\n')), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_one_sentence()
    {
        var (code, said) = await RunAsync(await world.NewSettingsAsync(), "--postgres", "Host=db;Colour=blue");
        Assert.Equal(3, code);
        Assert.StartsWith("The connection string of the database is not understood: ", Assert.Single(said.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_is_clean_and_quick_and_the_next_start_knows_what_was_settled()
    {
        await using var engine = await world.NewEngineAsync();
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Payment.Sign(world.Chain, payer);
        var settled = await engine.SettleAsync(payment, "k");
        engine.Program.Terminate();
        Assert.Equal(0, await engine.Program.EndAsync(10));
        await engine.StartAsync();
        Assert.Equal(settled.Body, (await engine.SettleAsync(payment, "k")).Body);
    }

    [Fact]
    public async Task It_watches_no_files()
    {
        await using var engine = await world.NewEngineAsync();
        var watched = Directory.EnumerateFiles($"/proc/{engine.Program.Id}/fdinfo").SelectMany(File.ReadAllLines).Where(line => line.StartsWith("inotify", StringComparison.Ordinal));
        Assert.Empty(watched);
    }

    [Fact]
    public async Task No_secret_is_written_to_the_log()
    {
        var settings = await world.NewSettingsAsync(("AgentPay__Facilitator__Access", "keys"), ("AgentPay__Facilitator__Keys__0", Secret));
        await using var engine = new Engine(settings);
        await engine.StartAsync();
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Payment.Sign(world.Chain, payer);
        var settled = await engine.PostAsync("/facilitator/settle", payment.Json, ("Authorization", $"Bearer {Secret}"));
        Assert.True(settled.IsSuccess, settled.Body);
        foreach (var secret in new[] { Secret, settings["AgentPay__Chains__0__SignerKeys__0"], payment.Signature })
        {
            Assert.DoesNotContain(secret[2..], engine.Program.Output, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>The exit code and everything that was said.</summary>
    private static async Task<(int Code, string Words)> RunAsync(IReadOnlyDictionary<string, string> settings, params string[] words)
    {
        var data = Directory.CreateTempSubdirectory("agentpay-test-").FullName;
        await using var program = Engine.Run(settings, ["up", "--port", "0", "--data", data, .. words]);
        var code = await program.EndAsync();
        Directory.Delete(data, recursive: true);
        return (code, program.Output);
    }
}

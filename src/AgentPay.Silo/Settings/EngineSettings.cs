using System.Globalization;
using AgentPay.Grains.Chains;

namespace AgentPay.Silo.Settings;

/// <summary>Settings under <c>AgentPay</c>, as they are written (docs/reference/settings.md). Read by <see cref="SettingsReader"/>.</summary>
internal sealed class EngineSettings
{
    /// <summary>Folder of the engine's data; created when missing.</summary>
    public string DataDirectory { get; set; } = "agentpay-data";

    /// <summary>The PostgreSQL database, in Npgsql's words (<c>Host=…;Database=…;Username=…</c>); empty: a file in <see cref="DataDirectory"/>.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>The base URL buyers know this server by; empty: taken from each request.</summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>What this process does: <c>api</c> answers requests, <c>silo</c> runs grains and works chains.</summary>
    public string Roles { get; set; } = "api,silo";

    /// <summary>The chains that are worked.</summary>
    public List<ChainSection> Chains { get; set; } = [];
}

/// <summary>Settings under <c>AgentPay:Chains:n</c>.</summary>
internal sealed class ChainSection
{
    /// <summary>CAIP-2 name, for example <c>eip155:8453</c>.</summary>
    public string Network { get; set; } = "";

    /// <summary>JSON-RPC over HTTP; the first is used, the next ones when it fails. One ws or wss URL among them tells of new blocks.</summary>
    public List<string> RpcUrls { get; set; } = [];

    /// <summary>A ws or wss URL of a node that tells of new blocks; empty: the head is asked for.</summary>
    public string WebSocketUrl { get; set; } = "";

    /// <summary>Seconds a node is left alone after five failures within a minute: 1 to 600.</summary>
    public int BreakerSeconds { get; set; } = 30;

    /// <summary>Blocks a node may be below the highest of the others and still be asked: 0 to 1,000.</summary>
    public int LagBlocksMax { get; set; } = 5;

    /// <summary>Private keys that pay gas, 0x and 64 hexadecimal digits. Not on the command line.</summary>
    public List<string> SignerKeys { get; set; } = [];

    /// <summary>Files that hold one private key each.</summary>
    public List<string> SignerKeyFiles { get; set; } = [];

    /// <summary>Blocks before a settlement counts as confirmed: 1 to 1,000.</summary>
    public int Confirmations { get; set; } = 1;

    /// <summary>Blocks on top of one that is safe: at least <see cref="Confirmations"/>, at most <see cref="FinalityDepth"/>; 0: what the node calls safe.</summary>
    public int SafeDepth { get; set; }

    /// <summary>Blocks on top of one that is final: more than <see cref="Confirmations"/>, at most 10,000; 0: what the node calls finalized.</summary>
    public int FinalityDepth { get; set; }

    /// <summary>Milliseconds between two looks at the chain's head: 10 to 60,000.</summary>
    public int PollMilliseconds { get; set; } = 500;

    /// <summary>The same while a transaction of this engine was submitted within ten seconds, if it is the shorter one: 10 to 60,000.</summary>
    public int BusyPollMilliseconds { get; set; } = 100;

    /// <summary>The chain takes no gas: transactions offer a price of 0.</summary>
    public bool ZeroGas { get; set; }

    /// <summary>Most wei per gas that a transaction may offer; above it nothing is signed.</summary>
    public string MaxFeePerGas { get; set; } = ChainSettings.MaxFeePerGasDefault.ToString(CultureInfo.InvariantCulture);

    /// <summary>Most wei per gas of it that may be a tip; above it nothing is signed.</summary>
    public string MaxTipPerGas { get; set; } = ChainSettings.MaxTipPerGasDefault.ToString(CultureInfo.InvariantCulture);

    /// <summary>Most settlements in one transaction, where the chain has Multicall3: 1 to 500.</summary>
    public int PaymentsPerTransactionMax { get; set; } = 200;

    /// <summary>Milliseconds a settlement waits for others to share its transaction while one is on its way: 0 to 10,000.</summary>
    public int GatherMilliseconds { get; set; } = 100;

    /// <summary>Most gas of one transaction: 200,000 to 1,000,000,000.</summary>
    public long GasPerTransactionMax { get; set; } = 16_700_000;

    /// <summary>Most gas all transactions a key signs on one UTC day may use; 0: no ceiling.</summary>
    public long GasPerDayMax { get; set; }

    /// <summary>Most wei that a key gives, on one UTC day, to payers who lack the gas for their approvals; 0: none.</summary>
    public string ApprovalGasMoneyPerDay { get; set; } = "0";

    /// <summary>Seconds after which a transaction that is not mined is offered with higher fees: 5 to 3,600.</summary>
    public int StuckSeconds { get; set; } = 30;

    /// <summary>Factories that may be called to deploy a payer's wallet at this engine's cost (ERC-6492).</summary>
    public List<string> WalletFactories { get; set; } = [];

    /// <summary>The only contracts that are settled in.</summary>
    public List<TokenSection> Tokens { get; set; } = [];
}

/// <summary>Settings under <c>AgentPay:Chains:n:Tokens:m</c>.</summary>
internal sealed class TokenSection
{
    /// <summary>Contract address.</summary>
    public string Address { get; set; } = "";

    /// <summary>For people; defaults to <see cref="Name"/>.</summary>
    public string Symbol { get; set; } = "";

    /// <summary>EIP-712 domain name, exactly as the token has it.</summary>
    public string Name { get; set; } = "";

    /// <summary>EIP-712 domain version.</summary>
    public string Version { get; set; } = "";

    /// <summary>0 to 36.</summary>
    public int Decimals { get; set; } = 6;

    /// <summary>False for a token without EIP-2612 permits; one without any EIP-712 domain needs neither name nor version then, and is moved by Permit2 alone.</summary>
    public bool TakesPermits { get; set; } = true;
}

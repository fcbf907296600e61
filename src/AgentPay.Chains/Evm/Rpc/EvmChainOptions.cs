namespace AgentPay.Chains.Evm;

/// <summary>How to reach one EVM chain, and how much to ask of its nodes.</summary>
public sealed record EvmChainOptions
{
    /// <summary>CAIP-2 name, for example <c>eip155:8453</c>. The nodes must serve this chain.</summary>
    public required string Network { get; init; }

    /// <summary>JSON-RPC over HTTP, at least one. The first is used; the next ones when it fails. Whichever answered last is kept.</summary>
    public required IReadOnlyList<Uri> RpcUrls { get; init; }

    /// <summary>A websocket (ws or wss) that tells of new blocks; null: the head is asked for. It only says when to look.</summary>
    public Uri? WebSocketUrl { get; init; }

    /// <summary>Pause between two looks at the head. More than 0.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The same pause while a transaction of ours was submitted a moment ago, if it is the shorter one. More than 0.</summary>
    public TimeSpan BusyPollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait for one answer. More than 0.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for an answer to a read while another node could be asked instead. More than 0.</summary>
    public TimeSpan FailoverTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for the logs of many blocks. More than 0.</summary>
    public TimeSpan LogsTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a read goes round all nodes again, later and later, before it is given up: 0 to 10.</summary>
    public int ReadRetriesMax { get; init; } = 2;

    /// <summary>How long a node is left alone after five failures within a minute; then it is asked one question. More than 0.</summary>
    public TimeSpan BreakerTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Blocks a node may be below the highest of the others and still be asked. At least 0.</summary>
    public int LagBlocksMax { get; init; } = 5;

    /// <summary>Between two comparisons of the nodes' heads. More than 0.</summary>
    public TimeSpan CompareInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for a wallet contract's word on a signature. More than 0.</summary>
    public TimeSpan WalletTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gas that a simulated transfer, or a question to a token, may use; a contract wallet's check is inside.</summary>
    public ulong TransferGasMax { get; init; } = 1_000_000;

    /// <summary>Gas that a simulated transfer may use together with the deployment of the payer's wallet.</summary>
    public ulong DeploymentGasMax { get; init; } = 1_500_000;

    /// <summary>Gas that <c>isValidSignature</c> may use.</summary>
    public ulong WalletGasMax { get; init; } = 200_000;

    /// <summary>The chain charges no gas: transactions offer a legacy price of 0 without asking. Otherwise a base fee and a gas price of 0 are noticed.</summary>
    public bool ZeroGas { get; init; }

    /// <summary>Most calls in one JSON-RPC batch, 1 to 1000; public nodes may allow few.</summary>
    public int BatchCallsMax { get; init; } = 64;

    /// <summary>Most blocks one <c>eth_getLogs</c> spans, at least 1. A node that refuses so many is asked for half, and half again.</summary>
    public ulong LogBlocksMax { get; init; } = 10_000;

    /// <summary>Most <c>eth_getLogs</c> of one search, at least 1: the next search goes on where it ended.</summary>
    public int LogCallsMax { get; init; } = 40;

    /// <summary>The number after <c>eip155:</c>.</summary>
    /// <exception cref="FormatException"><see cref="Network"/> is no EVM chain.</exception>
    public ulong ChainId =>
        Network.StartsWith(Prefix, StringComparison.Ordinal)
        && UInt256.TryParse(Network[Prefix.Length..], out var number)
        && number.TryToUInt64(out var chainId)
            ? chainId
            : throw new FormatException($"{Network} is not the name of an EVM chain (eip155:<number>).");

    private const string Prefix = "eip155:";
}

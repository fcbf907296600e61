namespace AgentPay.Chains.Evm;

/// <summary>A node's error answer to one call.</summary>
/// <param name="Code">JSON-RPC code.</param>
/// <param name="Message">The node's words.</param>
/// <param name="Data">What a contract reverted with, as far as the node told: hexadecimal, or any other text.</param>
internal sealed record RpcError(long Code, string Message, string? Data)
{
    private const long RevertCode = 3;
    private const long VmErrorCode = -32015;
    private const long InternalError = -32603;

    // How an execution ends that the called contract alone decides: the same on every node, so no sign of a node's trouble.
    private static readonly string[] Endings =
    [
        "execution reverted", "vm execution error", "revert", "out of gas", "outofgas", "invalid opcode", "opcode not found", "bad instruction",
        "stack underflow", "stackunderflow", "stack overflow", "stack limit reached", "invalid jump destination", "bad jump destination",
        "write protection", "gas required exceeds", "return data out of bounds", "invalid fe opcode", "invalidfeopcode", "gas uint64 overflow",
    ];

    // What revm says (anvil, reth): one word for how the run ended, and one of them means that the node could not read its own state.
    private const string RevmEnding = "EVM error ";
    private const string RevmTrouble = "EVM error FatalExternalError";

    /// <summary>True when the contract ended the call, false when the node did not run it to an end.</summary>
    public bool IsRevert =>
        Code is RevertCode or VmErrorCode
        || (Data is { Length: >= 10 } data && data.StartsWith("0x", StringComparison.Ordinal))
        || (Message.StartsWith(RevmEnding, StringComparison.Ordinal) && !Message.StartsWith(RevmTrouble, StringComparison.Ordinal))
        || (!IsRefusal && Array.Exists(Endings, ending => Message.Contains(ending, StringComparison.OrdinalIgnoreCase)));

    // The request itself, the node's inside or its limits: whatever the words, nothing was run. Only anvil and hardhat call an ended run internal.
    private bool IsRefusal =>
        Code is -32700 or -32600 or -32601 or -32602 or -32005 or -32029
        || (Code == InternalError && !Message.StartsWith("EVM error", StringComparison.Ordinal) && !Message.Contains("VM Exception", StringComparison.Ordinal));

    /// <summary>The error as trouble of the node.</summary>
    public ChainUnavailableException ToUnavailable(string method) => new($"The node answered {method} with error {Code}: {Cut(Message)}");

    /// <summary>At most 500 characters of a foreign text.</summary>
    public static string Cut(string text) => text.Length <= 500 ? text : text[..500];
}

using System.Runtime.CompilerServices;

namespace AgentPay.Chains.Evm;

/// <summary>What the bytes of a transaction cost on a chain of the OP stack, beside its gas (OP Stack specification, predeploy GasPriceOracle).</summary>
internal sealed class DataFeeReader(RpcNodes nodes)
{
    /// <summary>The predeploy's address, the same on every such chain.</summary>
    public static readonly Address Oracle = Address.Parse("0x420000000000000000000000000000000000000f");

    private volatile StrongBox<bool>? _isThere;

    public Task<UInt256> ReadAsync(ReadOnlyMemory<byte> signed, CancellationToken cancellationToken) => nodes.ReadAsync(
        CallClass.Read,
        async node =>
        {
            // A chain has it from its first block or never.
            _isThere ??= new StrongBox<bool>((await node.AskAsync(RpcCall.Of("eth_getCode", Oracle.ToString(), "latest")).ConfigureAwait(false)).HasCode());
            return !_isThere.Value ? UInt256.Zero
                : await AskAsync(node, UpperBound(signed.Length)).ConfigureAwait(false) ?? await AskAsync(node, Exactly(signed.Span)).ConfigureAwait(false) ?? UInt256.Zero;
        },
        cancellationToken);

    /// <summary>Since Fjord: of any transaction of this size. The contract adds a signature to it, so that the size of signed bytes is a little too much.</summary>
    public static byte[] UpperBound(int size) => new AbiWriter("getL1FeeUpperBound(uint256)").Number((ulong)size).ToArray();

    /// <summary>Before Fjord: of this transaction; the same holds.</summary>
    public static byte[] Exactly(ReadOnlySpan<byte> signed) => new AbiWriter("getL1Fee(bytes)").Bytes(signed).ToArray();

    /// <returns>Null when the contract has no such function.</returns>
    private static async Task<UInt256?> AskAsync(NodeView node, byte[] question) =>
        (await node.AskAsync(RpcCall.View(Oracle, question, BlockTag.Latest)).ConfigureAwait(false)).TryReadData(out var answer) && AbiReader.TryReadNumber(answer, out var wei) ? wei : null;
}

using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class RpcErrorTests
{
    [Theory]
    [InlineData(3, "execution reverted", "0x", true)]
    [InlineData(3, "execution reverted: FiatTokenV2: invalid signature", "0x08c379a0", true)]
    [InlineData(-32000, "execution reverted", null, true)]
    [InlineData(-32000, "out of gas", null, true)]
    [InlineData(-32000, "invalid opcode: INVALID", null, true)]
    [InlineData(-32603, "EVM error OutOfGas", null, true)]
    [InlineData(-32603, "EVM error InvalidFEOpcode", null, true)]
    [InlineData(-32603, "EVM error MemoryOOG", null, true)]
    [InlineData(-32603, "EVM error InvalidJump", null, true)]
    [InlineData(-32603, "EVM error FatalExternalError", null, false)]
    [InlineData(-32000, "gas uint64 overflow", null, true)]
    [InlineData(-32603, "Error: VM Exception while processing transaction: reverted without a reason", null, true)]
    [InlineData(-32015, "VM execution error.", null, true)]
    [InlineData(-32000, "something", "0x08c379a0", true)]
    [InlineData(-32000, "something", "0x", false)]
    [InlineData(-32000, "header not found", null, false)]
    [InlineData(-32000, "missing trie node", null, false)]
    [InlineData(-32603, "Internal error: cannot revert state", null, false)]
    [InlineData(-32603, "Internal error", "0x08c379a0", true)]
    [InlineData(-32005, "limit exceeded, out of gas", null, false)]
    [InlineData(-32602, "invalid argument 0: revert", null, false)]
    public void Only_the_contracts_own_end_is_a_revert(long code, string message, string? data, bool isRevert) =>
        Assert.Equal(isRevert, new RpcError(code, message, data).IsRevert);
}

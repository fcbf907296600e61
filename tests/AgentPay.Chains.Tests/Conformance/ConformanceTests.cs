using AgentPay.Chains.Evm;
using AgentPay.Chains.Evm.Simulated;
using AgentPay.Chains.Tests.Evm.Rpc;

namespace AgentPay.Chains.Tests.Conformance;

/// <summary>A real node behind JSON-RPC.</summary>
public sealed class NodeConformanceTests(Anvil anvil) : EvmChainContract, IClassFixture<Anvil>
{
    private readonly EvmChain chain = anvil.Chain();
    private Address token;

    protected override IEvmChain Chain => chain;

    protected override EvmSigner Operator => anvil.Second;

    protected override Address Token => token;

    public override async ValueTask InitializeAsync()
    {
        await anvil.CallAsync("evm_setAutomine", "[true]");
        token = await anvil.DeployTokenAsync();
    }

    public override ValueTask DisposeAsync()
    {
        chain.Dispose();
        return base.DisposeAsync();
    }

    protected override async Task MintAsync(Address to, ulong atoms)
    {
        await anvil.CallAsync("evm_setAutomine", "[true]");
        await anvil.MintAsync(token, to, atoms);
        await anvil.CallAsync("evm_setAutomine", "[false]");
    }

    protected override Task MineAsync() => anvil.MineAsync();

    protected override Task ReorganizeAsync(int depth) => anvil.ReorganizeAsync(depth);
}

/// <summary>The chain in memory.</summary>
public sealed class SimulatedConformanceTests : EvmChainContract
{
    private static readonly SimulatedToken Usdc = new(Address.Parse("0x00000000000000000000000000000000000000c0"), "USD Coin", "2");

    private readonly SimulatedEvmChain chain = new(84532, [Usdc], TimeProvider.System);

    protected override IEvmChain Chain => chain;

    protected override EvmSigner Operator { get; } = TestTransfers.Payer("operator");

    protected override Address Token => Usdc.Address;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        Operator.Dispose();
        return base.DisposeAsync();
    }

    protected override Task MintAsync(Address to, ulong atoms)
    {
        chain.Mint(Usdc.Address, to, atoms);
        return Task.CompletedTask;
    }

    protected override Task MineAsync()
    {
        chain.Mine();
        return Task.CompletedTask;
    }

    protected override Task ReorganizeAsync(int depth)
    {
        chain.Reorganize(depth);
        return Task.CompletedTask;
    }
}

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>A chain without fees, before the fee market.</summary>
public sealed class ZeroGasAnvil : Anvil
{
    public override ulong ChainId => 324705682;

    protected override string Arguments => "--gas-price 0 --base-fee 0 --no-priority-fee --hardfork istanbul";
}

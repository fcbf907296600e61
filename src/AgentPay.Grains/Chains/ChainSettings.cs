using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>How one chain is worked: depths and tokens, already validated.</summary>
/// <param name="Network">CAIP-2 network.</param>
/// <param name="Confirmations">Blocks, counting the one that holds the transaction, before a settlement counts as confirmed; 1 to 1,000.</param>
/// <param name="FinalityDepth">
/// Blocks on top of one that is final, whose transactions are no longer watched; more than <paramref name="Confirmations"/>. 0: the node's word counts.
/// </param>
/// <param name="Tokens">The only contracts that are settled in.</param>
public sealed record ChainSettings(string Network, int Confirmations, int FinalityDepth, IReadOnlyList<TokenSettings> Tokens)
{
    private const int DepthOfSafeMax = 32;
    private const int DepthOfFinalMin = 64;

    /// <summary>Blocks on top of one that is safe; at most <see cref="FinalityDepth"/> where both are set. 0: the node's word counts.</summary>
    public int SafeDepth { get; init; }

    /// <summary>The depth that makes a block final where neither the operator nor the node says so.</summary>
    public int DepthOfFinal => FinalityDepth > 0 ? FinalityDepth : Math.Max(DepthOfFinalMin, Confirmations + 1);

    /// <summary>The same for safe.</summary>
    public int DepthOfSafe => SafeDepth > 0 ? Math.Min(SafeDepth, DepthOfFinal) : Math.Min(DepthOfSafeMax, DepthOfFinal / 2);

    /// <summary>How many blocks back logs are searched for an authorization of which nobody noted when it was unused.</summary>
    public const ulong LogRangeMax = 9_000;

    /// <summary>Most that a transaction may offer, in wei per gas; above it nothing is signed.</summary>
    public UInt256 MaxFeePerGas { get; init; } = MaxFeePerGasDefault;

    /// <summary>Most of it that may be a tip, in wei per gas; above it nothing is signed.</summary>
    public UInt256 MaxTipPerGas { get; init; } = MaxTipPerGasDefault;

    /// <summary>The factories that may be called to deploy a payer's wallet at this engine's cost (ERC-6492).</summary>
    public IReadOnlyList<Address> WalletFactories { get; init; } = [];

    /// <summary>How transactions are written and watched.</summary>
    public SendingSettings Sending { get; init; } = new();

    /// <summary>What one key may do; an approval that gas money is given for may offer as much as a transaction of the engine's own.</summary>
    internal SendingLimits ToLimits(bool canShare) => Sending.ToLimits(canShare) with
    {
        GasMoney = Sending.ApprovalGasMoneyPerDay == 0 ? null
            : new GasMoneyLimits(Sending.ApprovalGasMoneyPerDay, MaxFeePerGas.High == 0 ? MaxFeePerGas.Low : UInt128.MaxValue),
    };

    /// <summary>300 gwei: a transfer offers at most 0.048 coins. Above what public chains take but in their worst hours.</summary>
    public const ulong MaxFeePerGasDefault = 300_000_000_000;

    /// <summary>100 gwei: Polygon, which tips most, wants 25 to 30.</summary>
    public const ulong MaxTipPerGasDefault = 100_000_000_000;

    /// <summary>The configured token at an address (lower case); null when the operator did not allow it.</summary>
    public TokenSettings? FindToken(string address) => Tokens.FirstOrDefault(token => token.Address == address);
}

/// <summary>A token the operator allows.</summary>
/// <param name="Address">Contract, lower case with 0x.</param>
/// <param name="Symbol">For people.</param>
/// <param name="Name">EIP-712 domain name; empty where the token has none.</param>
/// <param name="Version">EIP-712 domain version; empty where the token has none.</param>
/// <param name="Decimals">0 to 36.</param>
/// <param name="TakesPermits">It has EIP-2612 permits.</param>
public sealed record TokenSettings(string Address, string Symbol, string Name, string Version, int Decimals, bool TakesPermits = true);

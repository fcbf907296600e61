namespace AgentPay.Chains.Evm;

/// <summary>What a chain says about transfers by Permit2 and the x402 proxy. As with <see cref="IEvmChain"/>, a node's trouble is an exception and never a verdict.</summary>
public interface IPermit2Chain
{
    /// <summary>The payer's code, whether the proxy is there, a simulation of the proxy's call, and when that fails, why. The local ECDSA check is done by the caller.</summary>
    Task<Permit2Reading> ReadTransferAsync(Permit2Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Permit2's <c>nonceBitmap</c>: true when the nonce is used or invalidated, at <paramref name="block"/> (null: latest).</summary>
    Task<bool> ReadNonceAsync(Address owner, UInt256 nonce, BlockTag? block, CancellationToken cancellationToken);

    /// <summary>
    /// Looks for what became of a transfer whose nonce is used, from <paramref name="fromBlock"/> on and a bounded number of blocks. Permit2 emits nothing on a transfer and the proxy's event names no payment, so
    /// <see cref="AuthorizationFate.Used"/> is told only of a transaction that called the proxy itself with exactly this transfer, and
    /// <see cref="AuthorizationFate.Canceled"/> only when the nonce was used some blocks ago already, and unused at a block since which nothing moved from payer to payee that could have been this.
    /// </summary>
    Task<AuthorizationTrace> FindAsync(Permit2Transfer transfer, ulong fromBlock, CancellationToken cancellationToken);
}

/// <summary>What the chain said about a Permit2 transfer.</summary>
/// <param name="PayerHasCode">The payer is a contract or a delegated account (EIP-7702).</param>
/// <param name="Verdict">Whether the proxy would make it now, and if not, why.</param>
public sealed record Permit2Reading(bool PayerHasCode, Permit2Verdict Verdict);

/// <summary>The chain's verdict on a simulated Permit2 transfer.</summary>
public enum Permit2Verdict
{
    /// <summary>The proxy makes it.</summary>
    Accepted,

    /// <summary>No code at the token's address.</summary>
    TokenHasNoCode,

    /// <summary>No proxy at its address, or one that works with another Permit2.</summary>
    ProxyNotDeployed,

    /// <summary>Used or invalidated.</summary>
    NonceUsed,

    /// <summary>Too few atoms.</summary>
    InsufficientBalance,

    /// <summary>Permit2 may not move this much of the payer's.</summary>
    AllowanceRequired,

    /// <summary>It reverts for another reason.</summary>
    SimulationFailed,
}

using System.Text.Json.Serialization;

namespace AgentPay.Domain.Settlements;

/// <summary>
/// One signed transfer authorization and what it is for, independent of the protocol version it came in. Hexadecimal is lower case with 0x.
/// </summary>
[GenerateSerializer, Immutable, Alias("agentpay.SettlementTerms")]
public sealed record SettlementTerms
{
    /// <summary>CAIP-2 network, for example <c>eip155:8453</c>.</summary>
    [Id(0), JsonPropertyName("net")] public required string Network { get; init; }

    /// <summary>Transfer method: <c>eip3009</c> or <c>permit2</c>.</summary>
    [Id(1), JsonPropertyName("m")] public required string Method { get; init; }

    /// <summary>Token contract.</summary>
    [Id(2), JsonPropertyName("tok")] public required string Token { get; init; }

    /// <summary>EIP-712 domain name of the token.</summary>
    [Id(3), JsonPropertyName("dn")] public required string DomainName { get; init; }

    /// <summary>EIP-712 domain version of the token.</summary>
    [Id(4), JsonPropertyName("dv")] public required string DomainVersion { get; init; }

    /// <summary>Who pays.</summary>
    [Id(5), JsonPropertyName("from")] public required string Payer { get; init; }

    /// <summary>Who is paid.</summary>
    [Id(6), JsonPropertyName("to")] public required string PayTo { get; init; }

    /// <summary>The amount in the token's smallest unit, 1 to 2^127-1.</summary>
    [Id(7), JsonPropertyName("amt")] public required UInt128 Atoms { get; init; }

    /// <summary>Unix seconds; the token wants a later block time.</summary>
    [Id(8), JsonPropertyName("va")] public required string ValidAfter { get; init; }

    /// <summary>Unix seconds as signed; the token wants an earlier block time. For <c>permit2</c> the deadline: the last block time that Permit2 takes.</summary>
    [Id(9), JsonPropertyName("vb")] public required string ValidBefore { get; init; }

    /// <summary>The payer's nonce, 32 bytes.</summary>
    [Id(10), JsonPropertyName("n")] public required string Nonce { get; init; }

    /// <summary>
    /// The signature as the payer gave it, out of its wrapper if it had one (ERC-6492): a wallet contract is handed these bytes, a key's v 0 or 1 is raised only in the call.
    /// </summary>
    [Id(11), JsonPropertyName("sig")] public required string Signature { get; init; }

    /// <summary>The EIP-712 digest that was signed: what tells one authorization from another under one nonce.</summary>
    [Id(12), JsonPropertyName("dig")] public required string Digest { get; init; }

    /// <summary>Gas the transfer may use.</summary>
    [Id(13), JsonPropertyName("gas")] public required ulong GasLimit { get; init; }

    /// <summary>The payer is a contract or a delegated account, or a contract once <see cref="Deployment"/> ran.</summary>
    [Id(14), JsonPropertyName("code")] public bool PayerHasCode { get; init; }

    /// <summary>Height of the chain when it still showed the authorization unused, which is where a search for its use begins. Null: not known.</summary>
    [Id(15), JsonPropertyName("blk")] public ulong? UnusedAt { get; init; }

    /// <summary>The contract that keeps the nonce; null: the token.</summary>
    [Id(16), JsonPropertyName("nc"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? NonceKeeper { get; init; }

    /// <summary>The payer's approval that goes in the same call (EIP-2612); null: none is needed.</summary>
    [Id(17), JsonPropertyName("pmt"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public PermitTerms? Permit { get; init; }

    /// <summary>How the payer's wallet is deployed in the same transaction (ERC-6492); null: it is a key, or has code already.</summary>
    [Id(18), JsonPropertyName("dep"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public DeploymentTerms? Deployment { get; init; }

    /// <summary>The payer's own transaction that approves Permit2 and is sent before; null: none is needed.</summary>
    [Id(19), JsonPropertyName("apr"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public ApprovalTerms? Approval { get; init; }

    /// <summary>CAIP-19 name of the asset.</summary>
    [JsonIgnore]
    public string Asset => $"{Network}/erc20:{Token}";

    /// <summary>When the authorization ends; the last instant of time for one that never does.</summary>
    [JsonIgnore]
    public DateTimeOffset ExpiresAt =>
        long.TryParse(ValidBefore, out var seconds) && seconds < LastSecond ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MaxValue;

    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
}

/// <summary>A payer's signed approval of Permit2 for exactly the amount (EIP-2612).</summary>
/// <param name="Deadline">Unix seconds; the last block time that the token takes.</param>
/// <param name="Signature">65 bytes r, s, v.</param>
[GenerateSerializer, Immutable, Alias("agentpay.PermitTerms")]
public sealed record PermitTerms([property: Id(0), JsonPropertyName("d")] string Deadline, [property: Id(1), JsonPropertyName("s")] string Signature);

/// <summary>The call that deploys a payer's wallet (ERC-6492).</summary>
/// <param name="Factory">The contract to call, one that the operator allowed.</param>
/// <param name="Calldata">With what, 0x and hexadecimal.</param>
[GenerateSerializer, Immutable, Alias("agentpay.DeploymentTerms")]
public sealed record DeploymentTerms([property: Id(0), JsonPropertyName("f")] string Factory, [property: Id(1), JsonPropertyName("c")] string Calldata);

/// <summary>A payer's signed transaction that approves Permit2.</summary>
/// <param name="Raw">The bytes, 0x and hexadecimal.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Nonce">The payer's account nonce that it uses up.</param>
[GenerateSerializer, Immutable, Alias("agentpay.ApprovalTerms")]
public sealed record ApprovalTerms(
    [property: Id(0), JsonPropertyName("r")] string Raw, [property: Id(1), JsonPropertyName("h")] string Hash, [property: Id(2), JsonPropertyName("n")] ulong Nonce);

using System.Collections.Frozen;

namespace AgentPay.X402.Networks;

/// <summary>
/// The network names of x402 v1 and the CAIP-2 names they stand for. This table is the only conversion: a v1 message with a name that is
/// not in it, or a v2 message with one that is, names no network.
/// </summary>
public static class LegacyNetworkNames
{
    private static readonly (string Name, string Caip2)[] Table =
    [
        ("ethereum", "eip155:1"),
        ("sepolia", "eip155:11155111"),
        ("base", "eip155:8453"),
        ("base-sepolia", "eip155:84532"),
        ("avalanche", "eip155:43114"),
        ("avalanche-fuji", "eip155:43113"),
        ("polygon", "eip155:137"),
        ("polygon-amoy", "eip155:80002"),
        ("abstract", "eip155:2741"),
        ("abstract-testnet", "eip155:11124"),
        ("iotex", "eip155:4689"),
        ("sei", "eip155:1329"),
        ("sei-testnet", "eip155:1328"),
        ("peaq", "eip155:3338"),
        ("story", "eip155:1514"),
        ("educhain", "eip155:41923"),
        ("skale-base-sepolia", "eip155:324705682"),
        ("megaeth", "eip155:4326"),
        ("monad", "eip155:143"),
        ("stable", "eip155:988"),
        ("stable-testnet", "eip155:2201"),
        ("celo", "eip155:42220"),
        ("flare", "eip155:14"),
        ("solana", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
        ("solana-devnet", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"),
        ("solana-testnet", "solana:4uhcVJyU9pJkvQyUS88uRDiswHXSCkY3z"),
    ];

    private static readonly FrozenDictionary<string, string> Caip2ByName =
        Table.ToFrozenDictionary(row => row.Name, row => row.Caip2, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> NameByCaip2 =
        Table.ToFrozenDictionary(row => row.Caip2, row => row.Name, StringComparer.Ordinal);

    /// <summary>All pairs, in a fixed order.</summary>
    public static IReadOnlyList<(string Name, string Caip2)> All => Table;

    /// <summary>The CAIP-2 name of a v1 name; null when there is none.</summary>
    public static string? ToCaip2(string name) => Caip2ByName.GetValueOrDefault(name);

    /// <summary>The v1 name of a CAIP-2 name; null when there is none.</summary>
    public static string? FromCaip2(string caip2) => NameByCaip2.GetValueOrDefault(caip2);

    /// <summary>The name as a message of this version writes it; null when v1 has no name for the network.</summary>
    public static string? ForVersion(X402Version version, string caip2) => version == X402Version.V1 ? FromCaip2(caip2) : caip2;
}

using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AgentPay.Domain.Books;

/// <summary>
/// All accounts of one operator and what each holds. Its accounts are rows beside it, so that a commit writes only those that changed.
/// </summary>
public sealed partial record Book
{
    /// <summary>The book of this engine's operator.</summary>
    public const string OperatorsKey = "book:main";

    /// <summary>The type of its grain and row.</summary>
    public const string GrainType = "book";

    /// <summary>Key of the book; its accounts' names in the ledger begin with it.</summary>
    [JsonPropertyName("k")] public required string Key { get; init; }

    /// <summary>Transfers booked so far.</summary>
    [JsonPropertyName("n")] public long Transfers { get; init; }

    /// <summary>What each account holds, by its name.</summary>
    [JsonIgnore] public ImmutableDictionary<string, ImmutableArray<Holding>> Accounts { get; init; } = Empty;

    private static readonly ImmutableDictionary<string, ImmutableArray<Holding>> Empty = ImmutableDictionary.Create<string, ImmutableArray<Holding>>(StringComparer.Ordinal);

    /// <summary>What an account holds of an asset, in atoms.</summary>
    public Int128 BalanceOf(string account, string asset) => Accounts.TryGetValue(account, out var holdings) ? Holding.In(holdings, asset) : Int128.Zero;
}

/// <summary>What an account holds of one asset.</summary>
/// <param name="Asset"><c>book:CODE</c>.</param>
/// <param name="Atoms">Below zero only in the asset's issuer.</param>
[GenerateSerializer, Immutable, Alias("agentpay.Holding")]
public sealed record Holding([property: Id(0)] string Asset, [property: Id(1)] Int128 Atoms)
{
    internal static Int128 In(ImmutableArray<Holding> holdings, string asset)
    {
        foreach (var holding in holdings)
        {
            if (holding.Asset == asset)
            {
                return holding.Atoms;
            }
        }

        return Int128.Zero;
    }

    internal static ImmutableArray<Holding> With(ImmutableArray<Holding> holdings, string asset, Int128 atoms)
    {
        var holding = new Holding(asset, atoms);
        for (var i = 0; i < holdings.Length; i++)
        {
            if (holdings[i].Asset == asset)
            {
                return holdings.SetItem(i, holding);
            }
        }

        return holdings.Add(holding);
    }
}

using System.ComponentModel.DataAnnotations;
using System.Globalization;
using AgentPay.Domain.Books;

namespace AgentPay.Grains.Books;

/// <summary>Settings under <c>AgentPay:Book</c> that say what may be transferred.</summary>
public sealed class BookSettings
{
    /// <summary>The assets of the book. What is not named here cannot be transferred.</summary>
    public IList<BookAssetSettings> Assets { get; } = [];

    /// <summary>The rules they make; settings that do not hold together are refused before (<see cref="Problems"/>).</summary>
    public BookRules ToRules() => new(Book.OperatorsKey, Assets.Select(asset => asset.ToAsset()));

    /// <summary>What is wrong with them, one sentence each.</summary>
    public IEnumerable<string> Problems()
    {
        for (var i = 0; i < Assets.Count; i++)
        {
            var (asset, path) = (Assets[i], string.Create(CultureInfo.InvariantCulture, $"AgentPay:Book:Assets:{i}"));
            if (!BookAsset.IsCode(asset.Code))
            {
                yield return $"{path}:Code is '{asset.Code}'; it must be 1 to {BookAsset.CodeCharactersMax} letters, digits, points, dashes and underscores.";
            }

            if (asset.Issuer.Length > 0 && !BookAccounts.IsAccount(asset.Issuer))
            {
                yield return $"{path}:Issuer is '{asset.Issuer}'; it must be an account's name: 1 to {BookAccounts.CharactersMax} letters, digits, points, dashes and underscores.";
            }

            if (asset.IssueMax.Length > 0 && !BookAssetSettings.TryReadAtoms(asset.IssueMax, out _))
            {
                yield return $"{path}:IssueMax is '{asset.IssueMax}'; it must be a whole number of atoms, at most 2^127-1.";
            }
        }

        foreach (var twice in Assets.GroupBy(asset => asset.Code, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            yield return $"AgentPay:Book:Assets names {twice.Key} {twice.Count()} times.";
        }
    }
}

/// <summary>Settings under <c>AgentPay:Book:Assets:n</c>.</summary>
public sealed class BookAssetSettings
{
    /// <summary>The asset is named <c>book:CODE</c>: 1 to 32 letters, digits, points, dashes and underscores.</summary>
    public string Code { get; set; } = "";

    /// <summary>Digits behind the point when an amount is shown to people: 0 to 36.</summary>
    [Range(0, 36)]
    public int Decimals { get; set; } = 6;

    /// <summary>The one account that may go below zero in this asset. Empty: none, so none can come into the book.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>How many atoms may be in circulation at most. Empty: 2^127-1.</summary>
    public string IssueMax { get; set; } = "";

    internal BookAsset ToAsset() =>
        new(BookAsset.Prefix + Code, Decimals, Issuer, TryReadAtoms(IssueMax, out var most) ? most : (UInt128)Int128.MaxValue);

    internal static bool TryReadAtoms(string text, out UInt128 atoms) =>
        UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out atoms) && atoms <= (UInt128)Int128.MaxValue;
}

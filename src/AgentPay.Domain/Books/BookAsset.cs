namespace AgentPay.Domain.Books;

/// <summary>An asset that exists in the book only: what its atoms stand for is the operator's promise, no chain holds it.</summary>
/// <param name="Name"><c>book:CODE</c>, as requests name it.</param>
/// <param name="Decimals">How many digits of an amount are behind the point when it is shown to people: 0 to 36.</param>
/// <param name="Issuer">The one account that may go below zero in this asset: what is in circulation is what it owes. Empty: none.</param>
/// <param name="IssueMax">How far below zero the issuer may go, in atoms: 0 to 2^127-1.</param>
public sealed record BookAsset(string Name, int Decimals, string Issuer, UInt128 IssueMax)
{
    /// <summary>What every book asset's name begins with.</summary>
    public const string Prefix = "book:";

    /// <summary>Characters of a code, at most.</summary>
    public const int CodeCharactersMax = 32;

    /// <summary>1 to <see cref="CodeCharactersMax"/> letters, digits, points, dashes and underscores.</summary>
    public static bool IsCode(string code) => code.Length is >= 1 and <= CodeCharactersMax && BookAccounts.HasOnlyNameCharacters(code);

    /// <summary>The lowest balance an account may have in this asset, in atoms.</summary>
    public Int128 FloorOf(string account) => account == Issuer ? -(Int128)IssueMax : Int128.Zero;
}

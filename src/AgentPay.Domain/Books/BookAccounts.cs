using System.Buffers;

namespace AgentPay.Domain.Books;

/// <summary>Names of the accounts of a book. An account comes to be with the first transfer it takes part in.</summary>
public static class BookAccounts
{
    /// <summary>Characters of an account's name, at most.</summary>
    public const int CharactersMax = 64;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>1 to <see cref="CharactersMax"/> letters, digits, points, dashes and underscores; compared character by character.</summary>
    public static bool IsAccount(string name) => name.Length is >= 1 and <= CharactersMax && HasOnlyNameCharacters(name);

    /// <summary>The account's name in the ledger, where accounts of chains are too.</summary>
    public static string LedgerName(string book, string account) => string.Concat(book, ":", account);

    internal static bool HasOnlyNameCharacters(string name) => !name.AsSpan().ContainsAnyExcept(NameCharacters);
}

using System.Collections.Frozen;

namespace AgentPay.Domain.Books;

/// <summary>What the operator declared: the assets of a book, and who may issue them.</summary>
public sealed class BookRules
{
    private readonly FrozenDictionary<string, BookAsset> assets;

    /// <summary>The rules of one book.</summary>
    /// <param name="key">The book's key.</param>
    /// <param name="assets">Its assets, each name once.</param>
    public BookRules(string key, IEnumerable<BookAsset> assets)
    {
        Key = key;
        this.assets = assets.ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);
    }

    /// <summary>The book's key.</summary>
    public string Key { get; }

    /// <summary>The asset of this name; null when it was not declared.</summary>
    public BookAsset? Find(string name) => assets.GetValueOrDefault(name);
}

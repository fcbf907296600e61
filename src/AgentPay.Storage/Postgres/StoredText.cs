using System.Text;

namespace AgentPay.Storage.Postgres;

/// <summary>
/// Text as PostgreSQL can hold it. Its text has no zero character, so that is written as U+0001 '0' and U+0001 itself as U+0001 '1':
/// different texts stay different, and their order stays the same.
/// </summary>
internal static class StoredText
{
    private const char Mark = '\u0001';

    internal static string From(string text) =>
        text.AsSpan().IndexOfAny('\0', Mark) < 0 ? text : text.Replace("\u0001", "\u00011", StringComparison.Ordinal).Replace("\0", "\u00010", StringComparison.Ordinal);

    internal static string ToText(string stored)
    {
        if (!stored.Contains(Mark, StringComparison.Ordinal))
        {
            return stored;
        }

        var text = new StringBuilder(stored.Length);
        for (var place = 0; place < stored.Length; place++)
        {
            _ = text.Append(stored[place] != Mark ? stored[place] : stored[++place] == '0' ? '\0' : Mark);
        }

        return text.ToString();
    }
}

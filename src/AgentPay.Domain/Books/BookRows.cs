using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Books;

/// <summary>
/// The row of an account: one byte that numbers the form, then for each asset its name, a space, the atoms in decimal and a line feed.
/// A number is never reused.
/// </summary>
public static class BookRows
{
    private const byte Lines = 1;
    private const int AtomsCharactersMax = 40;

    /// <summary>Writes an account's row.</summary>
    public static byte[] Write(ImmutableArray<Holding> holdings)
    {
        var length = 1;
        foreach (var holding in holdings)
        {
            length += holding.Asset.Length + AtomsCharactersMax + 2;
        }

        Span<byte> row = length <= 512 ? stackalloc byte[length] : new byte[length];
        row[0] = Lines;
        var at = 1;
        foreach (var holding in holdings)
        {
            at += Encoding.ASCII.GetBytes(holding.Asset, row[at..]);
            row[at++] = (byte)' ';
            Invariant.That(holding.Atoms.TryFormat(row[at..], out var digits, provider: CultureInfo.InvariantCulture), "A balance has at most 40 characters.");
            at += digits;
            row[at++] = (byte)'\n';
        }

        return row[..at].ToArray();
    }

    /// <summary>Reads an account's row.</summary>
    public static ImmutableArray<Holding> Read(ReadOnlySpan<byte> row)
    {
        Invariant.That(row is [Lines, .., (byte)'\n'], "An account's row is of a form this engine knows.");
        var holdings = ImmutableArray.CreateBuilder<Holding>(1);
        for (var left = row[1..]; left.Length > 0;)
        {
            var (space, end) = (left.IndexOf((byte)' '), left.IndexOf((byte)'\n'));
            holdings.Add(new Holding(Encoding.ASCII.GetString(left[..space]), Int128.Parse(left[(space + 1)..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)));
            left = left[(end + 1)..];
        }

        return holdings.ToImmutable();
    }
}

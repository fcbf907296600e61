using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AgentPay.Api.Books;

/// <summary>Who may use the operator's book: <c>AgentPay:Book:Access</c>.</summary>
public enum BookAccessMode
{
    /// <summary>Only callers with one of the operator's keys: the default.</summary>
    Keys,

    /// <summary>Everyone: the default of <c>--devnet</c> alone.</summary>
    Open,
}

/// <summary>Settings under <c>AgentPay:Book</c> that say who is served.</summary>
public sealed class BookAccessSettings
{
    /// <summary>Who is served.</summary>
    public BookAccessMode Access { get; set; } = BookAccessMode.Keys;

    /// <summary>The operator's keys: at least 24 characters each. Without one, nobody is served when <see cref="Access"/> is <c>keys</c>.</summary>
    public IList<string> Keys { get; } = [];
}

/// <summary>Applies the access settings of the book.</summary>
public sealed class BookAccess(IOptions<BookAccessSettings> settings)
{
    private readonly bool isOpen = settings.Value.Access == BookAccessMode.Open;
    private readonly byte[][] keyHashes = [.. settings.Value.Keys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    /// <summary>False when this caller has to present a key and did not.</summary>
    public bool Admits(HttpContext context)
    {
        if (isOpen)
        {
            return true;
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(header[7..]), hash);
        var known = false;
        foreach (var key in keyHashes)
        {
            known |= CryptographicOperations.FixedTimeEquals(hash, key);
        }

        return known;
    }
}

using Microsoft.AspNetCore.Http;

namespace AgentPay.Api.Facilitator;

/// <summary>The <c>Idempotency-Key</c> header (IETF draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    public const string Name = "Idempotency-Key";
    private const int CharactersMax = 255;

    /// <summary>Reads the key; false when there is one and it is not usable.</summary>
    public static bool TryRead(HttpRequest request, out string? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(Name, out var values))
        {
            return true;
        }

        if (values is not [{ Length: > 0 and <= CharactersMax } text] || text.Any(character => character is < ' ' or > '~'))
        {
            return false;
        }

        key = text;
        return true;
    }
}

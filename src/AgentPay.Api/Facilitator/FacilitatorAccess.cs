using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AgentPay.Api.Facilitator;

/// <summary>Who may use the facilitator: <c>AgentPay:Facilitator:Access</c>.</summary>
public enum FacilitatorAccessMode
{
    /// <summary>Only payments to the configured addresses: the default.</summary>
    PayTo,

    /// <summary>Only callers with a configured key.</summary>
    Keys,

    /// <summary>Everyone: the default of <c>--devnet</c> alone, because every settlement costs this engine gas.</summary>
    Open,
}

/// <summary>Settings under <c>AgentPay:Facilitator</c> that say who is served.</summary>
public sealed class FacilitatorAccessSettings
{
    /// <summary>Who is served.</summary>
    public FacilitatorAccessMode Access { get; set; } = FacilitatorAccessMode.PayTo;

    /// <summary>Addresses that may be paid when <see cref="Access"/> is <c>payTo</c>; any case.</summary>
    public IList<string> PayTo { get; } = [];

    /// <summary>Callers' keys when <see cref="Access"/> is <c>keys</c>: at least 24 characters each.</summary>
    public IList<string> Keys { get; } = [];
}

/// <summary>Applies the access settings.</summary>
public sealed class FacilitatorAccess(IOptions<FacilitatorAccessSettings> settings)
{
    private readonly HashSet<string> payTo = new(settings.Value.PayTo, StringComparer.OrdinalIgnoreCase);
    private readonly byte[][] keyHashes = [.. settings.Value.Keys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    /// <summary>False when this caller has to present a key and did not.</summary>
    public bool Admits(HttpContext context)
    {
        if (settings.Value.Access != FacilitatorAccessMode.Keys)
        {
            return true;
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(header[7..]));
        var known = false;
        foreach (var key in keyHashes)
        {
            known |= CryptographicOperations.FixedTimeEquals(hash, key);
        }

        return known;
    }

    /// <summary>False when payments to this address are not served.</summary>
    public bool Serves(string address) => settings.Value.Access != FacilitatorAccessMode.PayTo || payTo.Contains(address);

    /// <summary>The caller's idempotency key in its own space: with API keys, no caller can name another's.</summary>
    public string? ScopeOf(HttpContext context, string? idempotencyKey) =>
        idempotencyKey is null || settings.Value.Access != FacilitatorAccessMode.Keys ? idempotencyKey : $"{CallerOf(context)}:{idempotencyKey}";

    /// <summary>How this caller's failures are counted: by key, else by address.</summary>
    public string CallerOf(HttpContext context)
    {
        // Where no key is asked for, a header proves nothing: a caller would be a new one with each.
        var header = settings.Value.Access == FacilitatorAccessMode.Keys ? context.Request.Headers.Authorization.ToString() : "";
        return header.Length > 0
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(header)))[..16]
            : context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
    }
}

using AgentPay.Domain.Decisions;
using Microsoft.AspNetCore.Http;

namespace AgentPay.Api.Problems;

/// <summary>Every problem the API answers with; each code is a row in docs/reference/errors.md.</summary>
public static class Catalogue
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>The message cannot be read.</summary>
    public static Problem InvalidPayload(string detail, string? pointer = null) =>
        new(StatusCodes.Status400BadRequest, "invalid_payload", "The message cannot be read.", detail, pointer);

    /// <summary>The body is too large.</summary>
    public static Problem BodyTooLarge(int bytesMax) =>
        new(StatusCodes.Status413PayloadTooLarge, "body_too_large", "The body is too large.", $"At most {bytesMax} bytes.");

    /// <summary>Compressed requests are not read.</summary>
    public static readonly Problem EncodedBody =
        new(StatusCodes.Status415UnsupportedMediaType, "unsupported_content_encoding", "Compressed requests are not read.", "Send the JSON as it is, without Content-Encoding.");

    /// <summary>No or an unknown API key.</summary>
    public static readonly Problem ApiKeyRequired =
        new(StatusCodes.Status401Unauthorized, "api_key_required", "This facilitator serves known callers.", "Send Authorization: Bearer with a key from AgentPay:Facilitator:Keys.");

    /// <summary>The Idempotency-Key is not usable.</summary>
    public static readonly Problem InvalidIdempotencyKey =
        new(StatusCodes.Status400BadRequest, "invalid_idempotency_key", "The Idempotency-Key is not usable.", "Send it once: 1 to 255 printable ASCII characters.");

    /// <summary>No or an unknown key of the operator.</summary>
    public static readonly Problem OperatorKeyRequired =
        ApiKeyRequired with { Title = "The book serves its operator.", Detail = "Send Authorization: Bearer with a key from AgentPay:Book:Keys." };

    /// <summary>There is no Idempotency-Key, and this request needs one.</summary>
    public static readonly Problem IdempotencyKeyRequired =
        new(StatusCodes.Status400BadRequest, "idempotency_key_required", "The request has no Idempotency-Key.", "Send one of your own, and the same one when you ask again.");

    /// <summary>The Idempotency-Key belongs to another request.</summary>
    public static readonly Problem IdempotencyConflict =
        new(StatusCodes.Status422UnprocessableEntity, "idempotency_conflict", "The Idempotency-Key belongs to another request.", "Send the same bytes as the first time, or another key.");

    /// <summary>An amount is not of the form it must have.</summary>
    public static Problem InvalidAmount(string pointer) =>
        new(StatusCodes.Status400BadRequest, "invalid_amount", "The amount is not usable.", "Send text of decimal digits, 1 to 2^127-1 atoms: no sign, leading zero, point or exponent.", pointer);

    /// <summary>An account's name is not of the form it must have.</summary>
    public static Problem InvalidAccount(string pointer) =>
        new(StatusCodes.Status400BadRequest, "invalid_account", "The account's name is not usable.", "1 to 64 letters, digits, points, dashes and underscores.", pointer);

    /// <summary>More transfers than a request may have.</summary>
    public static Problem TooManyTransfers(int countMax) =>
        new(StatusCodes.Status400BadRequest, "too_many_transfers", "The list is too long.", $"At most {countMax} transfers in one request.", "/transfers");

    /// <summary>A transfer that was judged and not booked.</summary>
    public static Problem TransferRefused(Refusal refusal) =>
        new(StatusCodes.Status422UnprocessableEntity, refusal.Code, refusal.Detail);

    /// <summary>The chain's node does not answer.</summary>
    public static readonly Problem ChainUnavailable =
        new(StatusCodes.Status503ServiceUnavailable, "chain_unavailable", "The chain does not answer now; this says nothing about the payment.", "Ask again with the same payment.", RetryAfter: TimeSpan.FromSeconds(2));

    /// <summary>The store does not answer.</summary>
    public static readonly Problem StoreUnavailable =
        new(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The engine cannot write now; nothing was accepted.", RetryAfter: Soon);

    /// <summary>The engine stops.</summary>
    public static readonly Problem Stopping =
        new(StatusCodes.Status503ServiceUnavailable, "engine_stopping", "The engine is stopping; ask again.", RetryAfter: Soon);

    /// <summary>Too many failures.</summary>
    public static Problem TooManyFailures(TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, "too_many_failures", "Too many failed payments; wait and try again.", RetryAfter: retryAfter);

    /// <summary>No such object.</summary>
    public static Problem NotFound(string what) => new(StatusCodes.Status404NotFound, "not_found", $"There is no such {what}.");

    /// <summary>A defect of the engine.</summary>
    public static readonly Problem Internal =
        new(StatusCodes.Status500InternalServerError, "internal_error", "The engine failed; the request may or may not have had its effect.", "Ask again with the same Idempotency-Key.");

    /// <summary>The server refused the request's form.</summary>
    public static Problem BadRequest(int status, string detail) => new(status, "malformed_request", "The request is malformed.", detail);
}

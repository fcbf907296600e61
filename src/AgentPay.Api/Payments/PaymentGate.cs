using AgentPay.Api.Facilitator;
using AgentPay.Api.Problems;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Settlements;
using AgentPay.X402;
using AgentPay.X402.Headers;
using AgentPay.X402.Messages;
using AgentPay.X402.Parsing;
using AgentPay.X402.Seller;
using AgentPay.X402.Writing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AgentPay.Api.Payments;

/// <summary>Settings under <c>AgentPay</c> that every priced endpoint shares.</summary>
public sealed class SellerSettings
{
    /// <summary>The base URL buyers know this server by, for example <c>https://api.example.com</c>; empty: taken from each request.</summary>
    public string PublicUrl { get; set; } = "";
}

/// <summary>
/// Between a buyer and a priced handler (x402 v2 specification, resource server): asks, verifies, admits one run, holds the answer back, settles, then sends it.
/// </summary>
public sealed class PaymentGate(IFacilitator facilitator, IOptions<SellerSettings> settings, TimeProvider clock)
{
    private const string NoPayment = "Payment required";
    private const string NoMatch = "No matching payment requirements";

    internal async Task PassAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next, PaymentOffer price)
    {
        var context = invocation.HttpContext;
        var request = context.Request;
        var offer = price.ToSellerOffer(UrlOf(request));
        var header = PaymentHeader.Find(request.Headers[HeaderNames.PaymentSignature].ToArray(), request.Headers[HeaderNames.XPayment].ToArray());
        if (header is null)
        {
            await AskAsync(context, offer, NoPayment);
            return;
        }

        var parsed = header.Parse();
        if (parsed.Outcome == ParseOutcome.Broken)
        {
            await Catalogue.InvalidPayload(parsed.Fault!.Detail, parsed.Fault.Pointer).ExecuteAsync(context);
            return;
        }

        if (!parsed.IsParsed)
        {
            await AskAsync(context, offer, parsed.Fault.Code);
            return;
        }

        if (offer.Match(parsed.Value) is not { } requirements)
        {
            await AskAsync(context, offer, NoMatch);
            return;
        }

        await SellAsync(invocation, next, offer, parsed.Value, requirements);
    }

    private async Task SellAsync(
        EndpointFilterInvocationContext invocation, EndpointFilterDelegate next, SellerOffer offer, PaymentPayload payment, PaymentRequirements requirements)
    {
        var context = invocation.HttpContext;
        var resource = $"{context.Request.Method} {context.Request.PathBase}{context.Request.Path}{context.Request.QueryString}";
        var admission = await facilitator.AdmitAsync(payment, requirements, resource, context.RequestAborted);
        if (admission.Sold is { } sold)
        {
            await RepeatAsync(context, payment.Version, sold);
            return;
        }

        if (admission.Admission is not { } admitted)
        {
            await AskAsync(context, offer, admission.Refusal!, admission.Payer);
            return;
        }

        using var answer = new HeldAnswer(context, clock);
        var isOwed = false;
        try
        {
            await answer.RunAsync(invocation, next);

            // A buyer who left before the settlement is not charged for what nobody will read.
            isOwed = answer.Succeeded && !context.RequestAborted.IsCancellationRequested;
        }
        finally
        {
            if (!isOwed)
            {
                await admitted.ReleaseAsync();
            }
        }

        if (isOwed)
        {
            await SettleAsync(context, offer, admitted, answer, payment.Version);
        }
        else
        {
            await answer.SendAsync(begun: static () => Task.CompletedTask);
        }
    }

    private static async Task SettleAsync(HttpContext context, SellerOffer offer, IAdmittedPayment admitted, HeldAnswer answer, X402Version version)
    {
        // The settlement is asked for whether or not the buyer stays: from here on the money may move.
        SettleAnswer? asked = null;
        try
        {
            asked = await admitted.SettleAsync(CancellationToken.None);
        }
        finally
        {
            if (asked is null)
            {
                // Nobody can tell now: the buyer may come again with the same payment.
                await admitted.ReleaseAsync();
            }
        }

        var settled = asked;
        var isClosed = false;
        try
        {
            if (!settled.Response.Success)
            {
                answer.Drop();
                SetReceipt(context, version, settled.Response);
                await AskAsync(context, offer, settled.Response.ErrorReason!, settled.Response.Payer);
                return;
            }

            SetReceipt(context, version, settled.Response);
            SetPrivate(context);
            if (admitted.CanKeep && answer.Length <= SoldAnswer.BodyBytesMax)
            {
                var receipt = context.Response.Headers[HeaderNames.ReceiptOf(version)].ToString();
                await admitted.KeepAsync(context.Response.StatusCode, context.Response.ContentType ?? "", receipt, answer.ToArray());
            }

            await answer.SendAsync(begun: () =>
            {
                isClosed = true;
                return settled.CloseAsync(context, delivered: true);
            });
        }
        finally
        {
            if (!isClosed)
            {
                await settled.CloseAsync(context, delivered: false);
            }
        }
    }

    /// <summary>The payer named its payment and repeats its request: it gets what it bought, and no handler runs.</summary>
    private static async Task RepeatAsync(HttpContext context, X402Version version, SoldAnswer sold)
    {
        var response = context.Response;
        response.StatusCode = sold.HttpStatus;
        response.Headers[HeaderNames.ReceiptOf(version)] = sold.Receipt;
        SetPrivate(context);
        if (sold.ContentType.Length > 0)
        {
            response.ContentType = sold.ContentType;
        }

        var body = Convert.FromBase64String(sold.Body);
        if (body.Length > 0)
        {
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static void SetReceipt(HttpContext context, X402Version version, SettleResponse response) =>
        context.Response.Headers[HeaderNames.ReceiptOf(version)] = HeaderCodec.Encode(AnswerWriter.Write(version, response));

    private static async Task AskAsync(HttpContext context, SellerOffer offer, string error, string? payer = null)
    {
        var response = context.Response;

        // Nothing is wrong with the payment: the buyer has to approve Permit2 first, which a status of its own tells apart from a refusal.
        response.StatusCode = error == ErrorCodes.Permit2AllowanceRequired ? StatusCodes.Status412PreconditionFailed : StatusCodes.Status402PaymentRequired;
        response.ContentType = "application/json";
        response.Headers[HeaderNames.PaymentRequired] = offer.ToHeader(error);
        SetPrivate(context);
        if (error == ErrorCodes.SettlementPending)
        {
            response.Headers.RetryAfter = "2";
        }

        var body = offer.ToBody(error, payer) ?? "{}"u8.ToArray();
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static void SetPrivate(HttpContext context)
    {
        context.Response.Headers.CacheControl = "private, no-store";
        context.Response.Headers.AccessControlExposeHeaders =
            $"{HeaderNames.PaymentRequired}, {HeaderNames.PaymentResponse}, {HeaderNames.XPaymentResponse}";
    }

    private string UrlOf(HttpRequest request)
    {
        var origin = settings.Value.PublicUrl is { Length: > 0 } configured ? configured.TrimEnd('/') : $"{request.Scheme}://{request.Host}";
        return $"{origin}{request.PathBase}{request.Path}{request.QueryString}";
    }
}

using AgentPay.Api.Payments;
using AgentPay.Api.Problems;
using AgentPay.Grains.Chains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentPay.Api.Demo;

/// <summary>A quote of the day that costs money: the smallest thing an agent can buy.</summary>
public static class QuoteEndpoint
{
    private static readonly string[] Quotes =
    [
        "Price is what you pay. Value is what you get.",
        "Beware of little expenses; a small leak will sink a great ship.",
        "A penny saved is a penny earned.",
    ];

    /// <summary>Maps <c>GET /demo/quote</c> at the configured price; nothing when none is configured.</summary>
    public static IEndpointRouteBuilder MapDemo(this IEndpointRouteBuilder routes, DemoSettings demo, ChainDesk desk)
    {
        if (demo.PayTo.Length == 0)
        {
            return routes;
        }

        var token = desk.SettingsOf(demo.Network)?.FindToken(demo.Asset.ToLowerInvariant())
            ?? throw new InvalidOperationException($"AgentPay:Demo:Asset {demo.Asset} is not a token of {demo.Network}.");
        var offer = new PaymentOffer(demo.Network, demo.Asset, demo.Price, demo.PayTo, token.Name, token.Version)
        {
            Description = "A quote of the day",
            TransferMethod = demo.TransferMethod,
            TakesPermits = token.TakesPermits,
        };
        routes.MapGet("/demo/quote", GetQuote).RequirePayment(offer)
            .WithTags("Demo").WithName("getQuote").WithSummary("A quote of the day, for a price.").Produces<Quote>()
            .Produces<TermsDocument>(StatusCodes.Status402PaymentRequired).Produces<TermsDocument>(StatusCodes.Status412PreconditionFailed).AddProblems(400, 429, 503);
        return routes;
    }

    private static Microsoft.AspNetCore.Http.HttpResults.Ok<Quote> GetQuote(TimeProvider clock) =>
        TypedResults.Ok(new Quote(Quotes[clock.GetUtcNow().DayOfYear % Quotes.Length]));
}

/// <summary>What was bought.</summary>
/// <param name="Text">The quote.</param>
public sealed record Quote(string Text);

using System.Globalization;
using System.Security.Cryptography;
using AgentPay.Api.Facilitator;
using AgentPay.Api.Problems;
using AgentPay.Api.Silence;
using AgentPay.Domain.Books;
using AgentPay.Grains.Books;
using AgentPay.Storage.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace AgentPay.Api.Books;

/// <summary>Book transfers between accounts of the operator.</summary>
public static class TransferEndpoints
{
    /// <summary>Maps <c>/v1/transfers</c> and <c>/v1/accounts/{account}/balances</c>.</summary>
    public static IEndpointRouteBuilder MapTransfers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Book");
        group.MapPost("/transfers", BookAsync).WithName("bookTransfers").WithSummary("Moves amounts between accounts of the book: one transfer, or up to 1,000 in a list.")
            .Accepts<TransferRequestDocument>("application/json").Produces<TransferDocument>().AddProblems(400, 401, 413, 415, 422, 503);
        group.MapGet("/transfers/{id}", GetAsync).WithName("getTransfer").WithSummary("One booked transfer.").Promptly().AddProblems(401, 404, 503);
        group.MapGet("/accounts/{account}/balances", GetBalancesAsync).WithName("getAccountBalances").WithSummary("What an account of the book holds.").Promptly().AddProblems(401, 404, 503);
        return routes;
    }

    private static async Task BookAsync(
        HttpContext context, IGrainFactory grains, BookAccess access, StoreSilence silence, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!access.Admits(context))
        {
            await Catalogue.OperatorKeyRequired.ExecuteAsync(context);
            return;
        }

        if (!IdempotencyKey.TryRead(context.Request, out var key) || key is null)
        {
            await (key is null && !context.Request.Headers.ContainsKey(IdempotencyKey.Name) ? Catalogue.IdempotencyKeyRequired : Catalogue.InvalidIdempotencyKey).ExecuteAsync(context);
            return;
        }

        var (body, problem) = await MessageBody.ReadAsync(context.Request, cancellationToken, TransferRequest.BytesMax);
        (var request, problem) = problem is null ? TransferRequest.Read(body.Span) : (null, problem);
        if (request is null)
        {
            await problem!.ExecuteAsync(context);
            return;
        }

        var command = new BookTransfers
        {
            Id = TransferId.NewRequest(Guid.CreateVersion7(clock.GetUtcNow())),
            IsBatch = request.IsBatch,
            Orders = request.Orders,
            Key = key,
            Fingerprint = Fingerprint(body.Span),
            RequestId = context.TraceIdentifier,
        };
        var reply = await silence.UnlessAsync(token => grains.GetGrain<IBookGrain>(Book.OperatorsKey).BookAsync(command, token), cancellationToken: cancellationToken);
        await (reply.Receipt is null ? Catalogue.IdempotencyConflict.ExecuteAsync(context) : TransferAnswer.WriteAsync(context, request, reply));
    }

    private static async Task<Results<Ok<TransferDocument>, Problem>> GetAsync(
        string id, HttpContext context, BookAccess access, IAtomicStore store, CancellationToken cancellationToken)
    {
        if (!access.Admits(context))
        {
            return Catalogue.OperatorKeyRequired;
        }

        if (TransferId.TryParse(id, out var asked))
        {
            foreach (var entry in await store.ReadObjectEventsAsync(asked.Value.Request, cancellationToken))
            {
                if (BookEvents.Find(entry.Type, entry.Body, asked.Value) is { } order)
                {
                    return TypedResults.Ok(TransferDocument.Of(id, order, entry.CreatedAt));
                }
            }
        }

        return Catalogue.NotFound("transfer");
    }

    private static async Task<Results<Ok<BalancesDocument>, Problem>> GetBalancesAsync(
        string account, HttpContext context, BookAccess access, BookRules rules, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (!access.Admits(context))
        {
            return Catalogue.OperatorKeyRequired;
        }

        var holdings = BookAccounts.IsAccount(account) ? await grains.GetGrain<IBookGrain>(Book.OperatorsKey).GetHoldingsAsync(account, cancellationToken) : null;
        return holdings is null
            ? Catalogue.NotFound("account")
            : TypedResults.Ok(new BalancesDocument(account, [.. holdings.Holdings.Select(holding => new BalanceDocument(
                holding.Asset, holding.Atoms.ToString(CultureInfo.InvariantCulture), rules.Find(holding.Asset)?.Decimals))]));
    }

    private static string Fingerprint(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return Convert.ToHexStringLower(hash);
    }
}

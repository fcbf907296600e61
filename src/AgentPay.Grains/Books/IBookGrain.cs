using System.Collections.Immutable;
using AgentPay.Domain.Books;

namespace AgentPay.Grains.Books;

/// <summary>The book of one operator; the key is <see cref="Book.OperatorsKey"/>.</summary>
[Alias("agentpay.IBookGrain")]
public interface IBookGrain : IGrainWithStringKey
{
    /// <summary>
    /// Judges and books the transfers of one request; the answer is durable before it is given. The same key with the same request gets the same answer,
    /// waiting while the first one is on its way. After a timeout, send it again.
    /// </summary>
    [Alias("Book")]
    Task<BookReply> BookAsync(BookTransfers command, CancellationToken cancellationToken = default);

    /// <summary>What an account holds, durably; null when it never took part in a transfer.</summary>
    [Alias("Holdings")]
    Task<AccountHoldings?> GetHoldingsAsync(string account, CancellationToken cancellationToken = default);
}

/// <summary>The answer to one request.</summary>
/// <param name="Receipt">What it came to; null when the key belongs to another request.</param>
/// <param name="IsReplayed">It was answered before, and this is that answer.</param>
[GenerateSerializer, Immutable, Alias("agentpay.BookReply")]
public sealed record BookReply([property: Id(0)] BookReceipt? Receipt, [property: Id(1)] bool IsReplayed);

/// <summary>What an account holds.</summary>
/// <param name="Account">Its name.</param>
/// <param name="Holdings">One entry for each asset it ever held.</param>
[GenerateSerializer, Immutable, Alias("agentpay.AccountHoldings")]
public sealed record AccountHoldings([property: Id(0)] string Account, [property: Id(1)] ImmutableArray<Holding> Holdings);

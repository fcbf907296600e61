using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Methods;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>
/// What a receipt proves of each settlement in a transaction. Success needs what its method proves it by, with our Transfer from the token itself; failure needs proof too:
/// a reverted call with the authorization unused. Everything between is doubt, and somebody may have sent the authorization before us.
/// </summary>
internal sealed partial class MinedReport(ChainSettings settings, IEvmChain chain, TimeProvider clock, ILogger logger)
{
    /// <summary>A node that takes longer over one payment does not tell.</summary>
    private static readonly TimeSpan ExplainMax = TimeSpan.FromSeconds(30);

    public const string TransactionFailed = SettlementRefusals.TransactionFailed;
    public const string TransferMismatch = "invalid_exact_evm_transfer_event_mismatch";
    public const string InvalidState = "invalid_transaction_state";

    /// <param name="transaction">What was mined.</param>
    /// <param name="receipt">Its receipt.</param>
    /// <param name="head">Height of a block at or above the receipt's, recent enough that every node still has its state.</param>
    /// <param name="isLast">What the chain does not tell of one payment is doubt: its neighbours have waited for it before.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task<ImmutableArray<SettlementCommand>> MakeAsync(
        SignerTransaction transaction, TransactionReceipt receipt, ulong head, bool isLast, CancellationToken cancellationToken)
    {
        // In company the transaction succeeds whether or not this call did.
        var callSucceeded = receipt.Succeeded && transaction.Settlements.Length == 1 && transaction.Forms[0].Hash == receipt.Transaction.ToString();
        var reports = transaction.Settlements.Select(async work => ProofOf(work.Terms, receipt) switch
        {
            TransferProof.Whole => Confirm(receipt),
            TransferProof.TransferMissing => new FailSettlement(TransferMismatch),
            TransferProof.None => await ExplainOrDoubtAsync(work, callSucceeded, receipt, head, isLast, cancellationToken),
        });
        return ImmutableArray.Create(await Task.WhenAll(reports));
    }

    /// <summary>
    /// True when a transaction may have run out of gas: a shared call fails as a whole for no other reason, and what is paid back for cleared storage
    /// hides at most a fifth of what was used (EIP-3529).
    /// </summary>
    public static bool IsStarved(SignerTransaction transaction, TransactionReceipt receipt) =>
        !receipt.Succeeded || receipt.GasUsed >= TransactionGas.Of(transaction.CarriedBy(receipt.Transaction.ToString())) / 4 * 3;

    /// <summary>Where a search for the use of an authorization begins: before that it was unused, or the blocks that showed it unused are lost by now.</summary>
    public ulong SearchFrom(SettlementTerms terms, ulong head)
    {
        var (unusedAt, back) = terms.UnusedAt is { } height ? (height, (ulong)settings.DepthOfFinal) : (head, ChainSettings.LogRangeMax);
        return unusedAt > back ? unusedAt - back : 0;
    }

    /// <summary>What became of an authorization by the chain's own logs from a block on; doubt when they have no trace, and how far they were searched.</summary>
    public async Task<(SettlementCommand Command, ulong? SearchedTo)> TraceAsync(SettlementTerms terms, ulong from, CancellationToken cancellationToken)
    {
        var trace = await TransferMethods.Of(terms).FindAsync(chain, terms, from, cancellationToken);
        SettlementCommand command = trace.Fate switch
        {
            AuthorizationFate.Used => ProofOf(terms, trace.Receipt!) switch
            {
                TransferProof.Whole => Confirm(trace.Receipt!) with { ByOther = true },
                TransferProof.TransferMissing => new FailSettlement(TransferMismatch),

                // The receipt is of another block than the log that led to it: the chain changed between the two questions.
                TransferProof.None => new DoubtSettlement(),
            },
            AuthorizationFate.Canceled => new FailSettlement(InvalidState),
            AuthorizationFate.NoTrace => new DoubtSettlement(),
        };
        return (command, trace.SearchedTo);
    }

    private async Task<SettlementCommand> ExplainOrDoubtAsync(
        SettlementWork work, bool callSucceeded, TransactionReceipt receipt, ulong head, bool isLast, CancellationToken cancellationToken)
    {
        using var enough = new CancellationTokenSource(ExplainMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        try
        {
            return await ExplainAsync(work, callSucceeded, receipt, head, either.Token);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            LogNoTrace(settings.Network, work.Terms.Payer, work.Terms.Nonce, "It does not answer.");
            return new DoubtSettlement();
        }
        catch (ChainUnavailableException e) when (isLast)
        {
            LogNoTrace(settings.Network, work.Terms.Payer, work.Terms.Nonce, e.Message);
            return new DoubtSettlement();
        }
    }

    /// <summary>
    /// Asks for the state at a block by its number: a node that is behind cannot answer, where its latest block would lack what the receipt's block did.
    /// Used is used for ever, so unused at the head is unused at the receipt.
    /// </summary>
    private async Task<SettlementCommand> ExplainAsync(SettlementWork work, bool callSucceeded, TransactionReceipt receipt, ulong head, CancellationToken cancellationToken)
    {
        var terms = work.Terms;
        var used = await TransferMethods.Of(terms).IsUsedAsync(chain, terms, BlockTag.At(head), cancellationToken);
        return used ? await TraceOrDoubtAsync(terms, receipt, head, cancellationToken)
            : callSucceeded ? new FailSettlement(TransferMismatch)
            : new FailSettlement(await TransferMethods.Of(terms).ExplainFailureAsync(chain, terms, cancellationToken) ?? TransactionFailed);
    }

    /// <summary>Somebody else used it. Where the logs cannot be had, or the block is not deep enough yet, the settlement asks again by itself: no other waits for it.</summary>
    private async Task<SettlementCommand> TraceOrDoubtAsync(SettlementTerms terms, TransactionReceipt receipt, ulong head, CancellationToken cancellationToken)
    {
        try
        {
            var (command, _) = await TraceAsync(terms, SearchFrom(terms, receipt.Block.Number), cancellationToken);
            return command is ConfirmSettlement paid && paid.Block.Number + (ulong)settings.Confirmations - 1 > head ? new DoubtSettlement() : command;
        }
        catch (ChainUnavailableException e)
        {
            LogNoTrace(settings.Network, terms.Payer, terms.Nonce, e.Message);
            return new DoubtSettlement();
        }
    }

    [LoggerMessage(EventId = 1317, Level = LogLevel.Warning, Message = "Who used the authorization {Nonce} of {Payer} on {Network} could not be read; its settlement is unknown and asks again: {Words}")]
    private partial void LogNoTrace(string network, string payer, string nonce, string words);

    private static ConfirmSettlement Confirm(TransactionReceipt receipt) => new(receipt.Transaction.ToString(), receipt.Block.ToReference());

    private static TransferProof ProofOf(SettlementTerms terms, TransactionReceipt receipt) => TransferMethods.Of(terms).Prove(receipt, terms);
}

/// <summary>Between the chain's words and the domain's.</summary>
internal static class BlockWords
{
    public static BlockReference ToReference(this BlockCursor cursor) => new(cursor.Number, cursor.Hash.ToString());
}

using System.Collections.Concurrent;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Methods;
using AgentPay.Grains.Settlements;
using Microsoft.Extensions.Logging;

namespace AgentPay.Grains.Chains;

/// <summary>Finds out from the chain what became of authorizations nobody can tell the fate of.</summary>
internal sealed partial class DoubtResolver(ChainSettings settings, IEvmChain chain, MinedReport report, FinalityRule finality, IGrainFactory grains, ILogger logger)
{
    private readonly DoubtQueue doubts = new();
    private readonly ConcurrentDictionary<string, ulong> searchFrom = [];

    /// <summary>So many are looked up at a time: one that the node takes long over holds up none of the others, and a node is not flooded.</summary>
    private const int AtOnceMax = 8;

    public void Add(Settlement settlement) => doubts.Add(settlement);

    /// <summary>Answers a few side by side until stopped. One that cannot be answered holds up no other: its own deadline asks again.</summary>
    public Task RunAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        doubts.TakeAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = stoppingToken },
        async (settlement, token) => await AnswerAsync(settlement, token));

    private async Task AnswerAsync(Settlement settlement, CancellationToken stoppingToken)
    {
        try
        {
            if (await (settlement.IsPaid ? FollowAsync(settlement, stoppingToken) : LookAsync(settlement, stoppingToken)) is { } command)
            {
                var report = new SettlementReported(command, settlement.Attempt, settlement.Terms.Digest);
                await grains.GetGrain<ISettlementGrain>(settlement.Id).ReportAsync(report);
            }
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogUnanswered(e, settlement.Id, settings.Network);
        }
    }

    /// <summary>Proof, or null: the settlement's own deadline asks again.</summary>
    private async Task<SettlementCommand?> LookAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        var head = await ReadHeadAsync(cancellationToken);

        // One cheap question settles most of them; logs of many blocks are dear, and often refused.
        if (await IsNeverUsedAsync(settlement.Terms, head, cancellationToken))
        {
            return new FailSettlement(MinedReport.TransactionFailed);
        }

        return await TraceAsync(settlement, head, cancellationToken) switch
        {
            ConfirmSettlement paid when paid.Block.Number + (ulong)settings.Confirmations - 1 > head => null,
            DoubtSettlement => null,
            var proof => proof,
        };
    }

    /// <summary>What became of the block in which somebody else's transaction paid: safe, final, lost, or none of them yet.</summary>
    private async Task<SettlementCommand?> FollowAsync(Settlement paid, CancellationToken cancellationToken)
    {
        var head = await ReadHeadAsync(cancellationToken);
        var block = paid.Block!;

        // How far the chain is settled first: a block that stands after that, and not above it, stands for good.
        var (safe, final) = await finality.ReadAsync(head, cancellationToken);
        if (await chain.ReadBlockAsync(BlockTag.At(block.Number), cancellationToken) is not { } standing)
        {
            return null;
        }

        if (standing.Cursor.ToReference() != block)
        {
            return new UndoSettlement(block);
        }

        return final?.Number >= block.Number ? new DeepenSettlement(Final: true, block)
            : safe?.Number >= block.Number && paid.Status < SettlementStatus.Safe ? new DeepenSettlement(Final: false, block)
            : null;
    }

    private async Task<ulong> ReadHeadAsync(CancellationToken cancellationToken) =>
        (await chain.ReadBlockAsync(BlockTag.Latest, cancellationToken))?.Cursor.Number ?? throw new ChainUnavailableException("The node has no latest block.");

    /// <summary>A search that is too long for one look goes on at the next: nodes bound how much they are asked.</summary>
    private async Task<SettlementCommand> TraceAsync(Settlement settlement, ulong head, CancellationToken cancellationToken)
    {
        var from = searchFrom.GetValueOrDefault(settlement.Id, report.SearchFrom(settlement.Terms, head));
        var (command, searchedTo) = await report.TraceAsync(settlement.Terms, from, cancellationToken);
        if (command is DoubtSettlement && searchedTo < head && searchFrom.Count < DoubtQueue.LengthMax)
        {
            searchFrom[settlement.Id] = searchedTo.Value + 1;
        }
        else
        {
            // Found, or at the head: from there a block may still be lost, so the next search begins anew.
            searchFrom.TryRemove(settlement.Id, out _);
        }

        return command;
    }

    /// <summary>True when a final block after its end shows the authorization unused: no block to come can use it.</summary>
    private async Task<bool> IsNeverUsedAsync(SettlementTerms terms, ulong head, CancellationToken cancellationToken)
    {
        var (_, height) = await finality.ReadAsync(head, cancellationToken);
        var final = height is { } settled ? await chain.ReadBlockAsync(BlockTag.At(settled.Number), cancellationToken) : null;
        if (final is null || !TransferMethods.Of(terms).IsOverAt(terms, final.Timestamp))
        {
            return false;
        }

        try
        {
            return !await TransferMethods.Of(terms).IsUsedAsync(chain, terms, BlockTag.At(final.Cursor.Number), cancellationToken);
        }
        catch (ChainUnavailableException e)
        {
            // A node may have forgotten the state of a block this old. Its logs may still prove the opposite.
            LogNoState(settings.Network, final.Cursor.Number, e.Message);
            return false;
        }
    }

    [LoggerMessage(EventId = 1313, Level = LogLevel.Warning, Message = "The fate of {Settlement} on {Network} could not be found out; it is asked again later.")]
    private partial void LogUnanswered(Exception exception, string settlement, string network);

    [LoggerMessage(EventId = 1314, Level = LogLevel.Warning, Message = "{Network} does not tell the state of a token at block {Block}: {Words}")]
    private partial void LogNoState(string network, ulong block, string words);
}

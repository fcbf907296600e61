using AgentPay.Domain.Signers;
using AgentPay.Grains.Journal;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Grains.Tests;

/// <summary>What there is to see of an engine when something a test waits for never came.</summary>
internal static class EngineReport
{
    public static async Task<string> WriteAsync(Engine engine, IAtomicStore stored)
    {
        var chain = engine.Desk.Health.Single();
        var grain = SignerId.GrainFor(chain.Network, engine.Gas.ToString());
        var records = await stored.ReadRecordsAsync(grain, CancellationToken.None);
        var signer = await stored.ReadAsync(grain, CancellationToken.None) is { } row ? StoredForms.Signers.Read(row.State.Span, records) : null;
        return $"""
            What was waited for never came.
            The clock of the test: {engine.Clock.GetUtcNow():O}
            {chain.Network}: {chain.State} {chain.Code} {chain.Message} head {chain.Head}, {engine.Chain.Pool.Count} in the pool
            The key: lease {engine.Services.GetRequiredService<ILeases>().Find(grain.Key)}, next nonce {signer?.NextNonce}, {signer?.InFlight} in flight, {signer?.Waiting.Count} waiting
            The store: commits under way {engine.Store.HasCommitsUnderWay}; calls under way {engine.Turns.WhenNoneIsUnderWay is null}
            """;
    }
}

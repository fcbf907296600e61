using System.Collections.Immutable;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Signers;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>What one key's lane remembers.</summary>
public sealed class SignerLaneTests
{
    [Fact]
    public async Task Hashes_below_the_first_open_nonce_are_forgotten_and_the_others_are_not()
    {
        await using var engine = await Engine.StartAsync();
        using var key = EvmSigner.Parse("0000000000000000000000000000000000000000000000000000000000000a12");
        var grain = engine.Grains.GetGrain<ISignerGrain>(SignerId.KeyFor(engine.Chain.Network, key.Address.ToString()));
        var lane = new SignerLane(engine.Desk.SettingsOf(engine.Chain.Network)!, engine.Chain, key, grain, new OneProcess(engine.Clock), engine.Clock, NullLogger.Instance);
        lane.Hold();
        var signer = Signer.New(engine.Chain.Network, key.Address.ToString()) with { Synced = true, NextNonce = 3, Transactions = Open(0, 1, 2) };

        lane.Observe(signer);
        Assert.Equal(3, lane.HashCount);
        lane.Observe(signer with { Transactions = Open(1, 2) });
        Assert.Equal(2, lane.HashCount);
        Assert.Null(lane.Find("hash 0"));
        Assert.Equal(1UL, lane.Find("hash 1")!.Nonce);
        lane.Observe(signer with { Transactions = Open() });
        Assert.Equal(0, lane.HashCount);
    }

    private static ImmutableSortedDictionary<ulong, SignerTransaction> Open(params ulong[] nonces) => nonces.ToImmutableSortedDictionary(
        nonce => nonce,
        nonce => new SignerTransaction { Nonce = nonce, Forms = [new SignedForm("0x", $"hash {nonce}", default)], Settlements = [] });
}

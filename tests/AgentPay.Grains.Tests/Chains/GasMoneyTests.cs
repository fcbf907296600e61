using AgentPay.Chains.Evm;
using AgentPay.Chains.Evm.Simulated;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Chains;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>A payer without coins is given what its approval needs, once, whatever happens to the gift and to the engine.</summary>
public sealed class GasMoneyTests : IDisposable
{
    private const ulong Cost = 70_000 * 2_000_000_000UL;
    private readonly EvmSigner payer = EvmSigner.Parse("0000000000000000000000000000000000000000000000000000000000000b0b");
    private int looks;

    public void Dispose() => payer.Dispose();

    [Fact]
    public async Task Held_work_gets_its_gift_then_its_approval_then_its_own_transaction()
    {
        await using var engine = await HoldAsync();
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Equal(new GasGift(payer.Address.ToString(), Cost, "held", 1, Used: true), (await GiftAsync(engine))!.Gift);
        Assert.Equal(Cost, (await engine.SignerAsync()).GasMoneyOn(engine.Clock.GetUtcNow()));
        Assert.Equal(1UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public async Task Killed_after_the_gift_is_durable_and_before_it_is_sent_the_engine_sends_that_one_and_no_other()
    {
        await using var engine = await HoldAsync(chain => chain.RefusesAll = true);
        await engine.UntilAsync(async () => await GiftAsync(engine) is not null, timePasses: true);
        var given = (await GiftAsync(engine))!.Newest;
        await engine.KillAsync();
        engine.Chain.RefusesAll = false;
        engine.Chain.Automine = true;

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Equal(given.Hash, (await GiftAsync(engine))!.MinedHash);
        Assert.Equal(1UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public async Task Looked_at_again_and_again_before_the_gift_is_mined_it_gets_no_other()
    {
        await using var engine = await HoldAsync();
        await engine.UntilAsync(async () => await GiftAsync(engine) is not null, timePasses: true);
        var given = (await GiftAsync(engine))!.Newest;
        var before = looks;

        await engine.UntilAsync(() => looks > before + 5, timePasses: true);

        Assert.Equal(given, (await GiftAsync(engine))!.Newest);
        Assert.Equal(0UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public async Task A_lost_block_puts_the_same_gift_on_chain_again_and_no_other()
    {
        await using var engine = await HoldAsync();
        await engine.UntilAsync(async () => await GiftAsync(engine) is not null, timePasses: true);
        var given = (await GiftAsync(engine))!.Newest;
        await engine.UntilAsync(() => engine.Chain.Pool.Contains(Bytes32.Parse(given.Hash)), timePasses: true);
        MineAndTake(engine);
        await engine.UntilAsync(async () => (await GiftAsync(engine))!.Block is not null);
        engine.Chain.Reorganize(1);
        await engine.UntilAsync(async () => (await GiftAsync(engine))!.Block is null);
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Equal(given.Hash, (await GiftAsync(engine))!.MinedHash);
        Assert.Equal(1UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public async Task A_payer_whose_gift_is_gone_ends_without_a_transaction_and_without_another_gift()
    {
        await using var engine = await HoldAsync();
        await engine.UntilAsync(async () => await GiftAsync(engine) is { Newest.Hash: var hash } && engine.Chain.Pool.Contains(Bytes32.Parse(hash)), timePasses: true);
        MineAndTake(engine);

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Equal([null, payer.Address.ToString()], (await engine.SignerAsync()).Transactions.Values.Select(transaction => transaction.Gift?.Payer));
        Assert.Equal(0UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public async Task A_node_that_has_not_seen_the_gift_refuses_the_approval_and_gets_it_again()
    {
        await using var engine = await HoldAsync();
        await engine.UntilAsync(async () => await GiftAsync(engine) is { Newest.Hash: var hash } && engine.Chain.Pool.Contains(Bytes32.Parse(hash)), timePasses: true);
        MineAndTake(engine);
        engine.Chain.TellsBalance = static (_, _) => Cost;
        var before = engine.Chain.Submissions;
        await engine.UntilAsync(() => engine.Chain.Submissions > before + 1, timePasses: true);
        Assert.Single((await engine.SignerAsync()).Waiting);

        engine.Chain.SetFunded(payer.Address, isFunded: true);
        engine.Chain.Automine = true;
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Equal(1UL, await ApprovalsAsync(engine));
    }

    /// <summary>The gift is mined, and its payer has spent it before anybody can look.</summary>
    private void MineAndTake(Engine engine)
    {
        engine.Chain.IsAvailable = false;
        engine.Chain.Mine();
        engine.Chain.SetFunded(payer.Address, isFunded: false);
        engine.Chain.IsAvailable = true;
    }

    private static async Task<SignerTransaction?> GiftAsync(Engine engine) => (await engine.SignerAsync()).Transactions.Values.SingleOrDefault(transaction => transaction.Gift is not null);

    private Task<ulong> ApprovalsAsync(Engine engine) => engine.Chain.ReadTransactionCountAsync(payer.Address, pending: false, Engine.Stop);

    /// <summary>A payment whose approval is not mined waits for the key, as a start finds it; the payer has no coins. One that needs none is in the pool before it.</summary>
    private async Task<Engine> HoldAsync(Action<SimulatedEvmChain>? change = null)
    {
        var engine = await Engine.StartAsync(sending: new SendingSettings { ApprovalGasMoneyPerDay = Cost });
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(payment, SettlementStatus.Submitted);
        var request = new TransactionRequest(engine.Chain.ChainId, 0, 70_000, new FeeQuote(false, 2_000_000_000UL, 1UL), Engine.Merchant, UInt256.Zero, default);
        var approval = payer.Sign(request);
        var terms = (await engine.ReadAsync(payment))!.Terms with
        {
            Method = SettlementMethods.Permit2,
            Payer = payer.Address.ToString(),
            Approval = new ApprovalTerms("0x" + Convert.ToHexStringLower(approval.Raw.Span), approval.Hash.ToString(), 0),
        };
        await engine.DecideElsewhereAsync(
            SignerId.GrainFor(engine.Chain.Network, engine.Gas.ToString()), signer => signer.Take(new SettlementWork("held", 1, terms), null, engine.Clock.GetUtcNow()));
        engine.Chain.SetFunded(payer.Address, isFunded: false);
        engine.Chain.Permit2 = new Permit2Words(async () =>
        {
            Interlocked.Increment(ref looks);
            return await ApprovalsAsync(engine) == 0 ? Permit2Verdict.AllowanceRequired : Permit2Verdict.Accepted;
        });
        change?.Invoke(engine.Chain);
        await engine.KillAsync();
        return engine;
    }

    /// <summary>A node's words on the payer's transfer.</summary>
    private sealed class Permit2Words(Func<Task<Permit2Verdict>> tell) : IPermit2Chain
    {
        public async Task<Permit2Reading> ReadTransferAsync(Permit2Transfer transfer, CancellationToken cancellationToken) => new(PayerHasCode: false, await tell());

        public Task<bool> ReadNonceAsync(Address owner, UInt256 nonce, BlockTag? block, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task<AuthorizationTrace> FindAsync(Permit2Transfer transfer, ulong fromBlock, CancellationToken cancellationToken) =>
            Task.FromResult(new AuthorizationTrace(AuthorizationFate.NoTrace, null));
    }
}

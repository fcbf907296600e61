using AgentPay.Chains.Evm;
using AgentPay.Chains.Evm.Simulated;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Chains;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>A payer without coins is given what its approval needs, once, whatever happens to the gift and to the engine.</summary>
public sealed class GasMoneyTests : IDisposable
{
    private const ulong Fee = 2_000_000_000;
    private const ulong Cost = 70_000 * Fee;
    private const ulong GiftGas = TransactionGas.Empty * Fee;
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
        Assert.Equal(Cost + GiftGas, (await engine.SignerAsync()).GasMoneyOn(engine.Clock.GetUtcNow()));
        Assert.Equal(1UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public async Task Killed_after_the_gift_is_durable_and_before_it_is_sent_the_engine_sends_that_one_and_no_other()
    {
        await using var engine = await HoldAsync(chain => chain.Judges = transaction => IsGift(transaction) ? SubmissionRejection.Other : SubmissionRejection.None);
        await engine.UntilAsync(async () => await GiftAsync(engine) is not null, timePasses: true);
        var given = (await GiftAsync(engine))!;
        await engine.KillAsync();
        engine.Chain.Judges = static _ => SubmissionRejection.None;
        engine.Chain.Automine = true;

        AssertSame(given, await EndAsync(engine));
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
        var given = (await GiftAsync(engine))!;
        await engine.UntilAsync(() => engine.Chain.Pool.Contains(Bytes32.Parse(given.Newest.Hash)), timePasses: true);
        engine.Chain.TellsBalance = (who, truth) => who == payer.Address ? Cost : truth;
        MineAndTake(engine);
        await engine.UntilAsync(async () => (await GiftAsync(engine))!.Block is not null, timePasses: true);
        engine.Chain.Reorganize(1);
        await engine.UntilAsync(async () => (await GiftAsync(engine))!.Block is null, timePasses: true);
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        AssertSame(given, await EndAsync(engine));
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

    [Fact]
    public async Task A_key_that_needs_its_own_coins_gives_none_and_serves_all_others()
    {
        await using var engine = await HoldAsync(chain => chain.TellsBalance = (who, truth) => who == payer.Address ? truth : Cost + GiftGas);
        engine.Chain.Automine = true;
        engine.Chain.Mine();
        var other = engine.SettleAsync(engine.Pay());

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty && other.IsCompleted, timePasses: true);

        Assert.Null(await GiftAsync(engine));
        Assert.True((await other).Response.Success);
        Assert.Equal(("healthy", "gas_money_unfunded"), (engine.Desk.Health[0].State, engine.Desk.Health[0].Code));
        engine.Clock.Advance(TimeSpan.FromMinutes(10));
        await engine.UntilAsync(() => engine.Desk.Health[0] is { State: "healthy", Code: null }, timePasses: true);
    }

    [Fact]
    public async Task Where_data_has_a_price_of_its_own_the_gift_is_of_twice_that_too()
    {
        await using var engine = await HoldAsync(chain => chain.DataFee = 1_000UL, perDay: Cost + 2_000 + GiftGas);
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Equal(Cost + 2_000, (await GiftAsync(engine))!.Gift!.Wei);
        Assert.Equal(1UL, await ApprovalsAsync(engine));
    }

    [Fact]
    public Task An_approval_that_the_node_takes_for_no_money_gets_none() =>
        AssertNoneAsync(chain => chain.Judges = transaction => transaction.Sender == payer.Address ? SubmissionRejection.Other : SubmissionRejection.None);

    [Fact]
    public Task An_approval_that_offers_more_than_twice_the_fee_of_the_moment_gets_none() =>
        AssertNoneAsync(static chain => chain.Fees = new FeeQuote(IsLegacy: false, (Fee / 2) - 1, 1UL));

    [Fact]
    public Task An_approval_that_would_fail_gets_none() => AssertNoneAsync(chain => chain.TellsGas = (from, truth) => from == payer.Address ? null : truth);

    [Fact]
    public Task An_approval_that_takes_more_gas_than_it_has_gets_none() => AssertNoneAsync(chain => chain.TellsGas = (from, truth) => from == payer.Address ? 70_001 : truth);

    [Theory]
    [InlineData(null)]
    [InlineData(TransactionGas.Empty + 1)]
    public Task A_payer_to_whom_a_transfer_takes_more_gas_than_a_gift_has_gets_none(ulong? gas) =>
        AssertNoneAsync(chain => chain.TellsGas = (from, _) => from == payer.Address ? 50_000 : gas);

    private async Task AssertNoneAsync(Action<SimulatedEvmChain> change)
    {
        await using var engine = await HoldAsync(change);
        engine.Chain.Automine = true;
        engine.Chain.Mine();

        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty, timePasses: true);

        Assert.Null(await GiftAsync(engine));
        Assert.Equal(0UL, await ApprovalsAsync(engine));
    }

    /// <summary>One gift is on the chain, by the nonce it was signed with; the more time passes before, the higher it may have been offered again.</summary>
    private static void AssertSame(SignerTransaction given, SignerTransaction mined)
    {
        Assert.Equal((given.Nonce, given.Gift! with { Used = true }), (mined.Nonce, mined.Gift));
        Assert.Contains(mined.MinedHash, mined.Forms.Select(form => form.Hash));
    }

    /// <summary>The gift of a payment that waits for nothing any more, when it is known to be mined.</summary>
    private static async Task<SignerTransaction> EndAsync(Engine engine)
    {
        await engine.UntilAsync(async () => (await engine.SignerAsync()).Waiting.IsEmpty && (await GiftAsync(engine))!.MinedHash is not null, timePasses: true);
        return (await GiftAsync(engine))!;
    }

    private bool IsGift(DecodedTransaction transaction) => transaction.Request.To == payer.Address;

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
    private async Task<Engine> HoldAsync(Action<SimulatedEvmChain>? change = null, ulong perDay = Cost + GiftGas)
    {
        var engine = await Engine.StartAsync(sending: new SendingSettings { ApprovalGasMoneyPerDay = perDay });
        var payment = engine.Pay();
        _ = engine.SettleAsync(payment);
        await engine.UntilAsync(payment, SettlementStatus.Submitted);
        var request = new TransactionRequest(engine.Chain.ChainId, 0, 70_000, new FeeQuote(false, Fee, 1UL), Engine.Merchant, UInt256.Zero, default);
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
        engine.Chain.TellsGas = static (_, _) => 50_000;
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

namespace AgentPay.Chains.Evm.Simulated;

/// <content>What happens to the chain: blocks, other people, and trouble.</content>
public sealed partial class SimulatedEvmChain
{
    /// <summary>Mines a block for every transaction taken.</summary>
    public bool Automine { get; set; }

    /// <summary>The chain has Multicall3.</summary>
    public bool HasMulticall3 { get; set; }

    /// <summary>The node takes no transaction it does not have.</summary>
    public bool RefusesAll { get; set; }

    /// <summary>Every transaction reverts, as one does that runs out of gas.</summary>
    public bool RevertsAll { get; set; }

    /// <summary>Gas of the next blocks at most.</summary>
    public ulong BlockGasLimit { get; set; } = 30_000_000;

    /// <summary>What the next blocks demand, in wei per gas: what offers less is not mined.</summary>
    public UInt256 BaseFee { get; set; } = UInt256.One;

    /// <summary>Blocks behind the head that count as finalized.</summary>
    public ulong FinalizedDepth { get; set; } = 64;

    /// <summary>Blocks behind the head that count as safe.</summary>
    public ulong SafeDepth { get; set; } = 32;

    /// <summary>False: the node knows no safe and no finalized block.</summary>
    public bool KnowsFinalized { get; set; } = true;

    /// <summary>What the node makes of the truth when it is asked what is safe and final.</summary>
    public Func<ChainFinality, ChainFinality> TellsFinality { get; set; } = static truth => truth;

    /// <summary>What a node makes of the truth when it is asked what an account owns, as one that has seen other blocks than the node that takes transactions.</summary>
    public Func<Address, UInt256, UInt256> TellsBalance { get; set; } = static (_, truth) => truth;

    /// <summary>What a node makes of the truth when it is asked what gas a call of this account takes; null: it says that the call reverts.</summary>
    public Func<Address, ulong, ulong?> TellsGas { get; set; } = static (_, truth) => truth;

    /// <summary>Wei for the bytes of any transaction.</summary>
    public UInt256 DataFee { get; set; }

    /// <summary>What else the node has against a transaction; by default nothing.</summary>
    public Func<DecodedTransaction, SubmissionRejection> Judges { get; set; } = static _ => SubmissionRejection.None;

    /// <summary>Accounts whose transactions the node fails to count.</summary>
    public Func<Address, bool> FailsToCount { get; set; } = static _ => false;

    /// <summary>How often it failed to.</summary>
    public int CountFailures { get; private set; }

    /// <summary>Who tells of transfers by Permit2; null: nobody.</summary>
    public IPermit2Chain? Permit2 { get; set; }

    /// <summary>What is over before the node tells of a payer's authorizations.</summary>
    public Func<Address, Task> BeforeTelling { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Payers of whose authorizations the token tells nothing.</summary>
    public Func<Address, bool> FailsToTell { get; set; } = static _ => false;

    /// <summary>While true, the node has its blocks and not their receipts.</summary>
    public bool HidesReceipts { get; set; }

    /// <summary>Blocks by which the latest block told is behind the head, as behind an address that several nodes share.</summary>
    public ulong LatestLag { get; set; }

    /// <summary>False: who follows the chain hears of no block, while all else is answered by the newest. What changes next is heard of again.</summary>
    public bool TellsBlocks { get; set; } = true;

    /// <summary>Receipts given so far.</summary>
    public int ReceiptsTold { get; private set; }

    /// <summary>False: the node answers, but not what gas costs.</summary>
    public bool TellsFees { get; set; } = true;

    /// <summary>What the node says gas costs.</summary>
    public FeeQuote Fees { get; set; } = new(IsLegacy: false, 2_000_000_000UL, 1_000_000_000UL);

    /// <summary>How many of the next submissions are taken although their answer gets lost.</summary>
    public int LostAnswers { get; set; }

    /// <summary>How many of the next submissions get lost on their way to the node: nobody takes them, and nobody answers.</summary>
    public int LostRequests { get; set; }

    /// <summary>How many submissions were handed over, taken or not.</summary>
    public int Submissions { get; private set; }

    /// <summary>How often a transaction's receipt was asked for and not shown.</summary>
    public int HiddenReceipts { get; private set; }

    /// <summary>Blocks that one search for an authorization looks at.</summary>
    public ulong SearchBlocksMax { get; set; } = ulong.MaxValue;

    /// <summary>How often the fate of an authorization was asked.</summary>
    public int Traces { get; private set; }

    /// <summary>Height of the head.</summary>
    public ulong Height
    {
        get
        {
            lock (gate)
            {
                return Head.Header.Cursor.Number;
            }
        }
    }

    /// <summary>Hashes that wait for a block, in the order they came.</summary>
    public IReadOnlyList<Bytes32> Pool
    {
        get
        {
            lock (gate)
            {
                return [.. pool.Select(transaction => transaction.Hash)];
            }
        }
    }

    /// <summary>While false, every question fails and every submission is unknown.</summary>
    public bool IsAvailable
    {
        get => isAvailable;
        set
        {
            isAvailable = value;
            Signal();
        }
    }

    /// <summary>The account's key gives it code (EIP-7702).</summary>
    public void Delegate(Address account)
    {
        lock (gate)
        {
            delegated.Add(account);
        }
    }

    /// <summary>Gives tokens, on every block there is: a reorganization does not take them back.</summary>
    public void Mint(Address token, Address to, UInt256 atoms)
    {
        lock (gate)
        {
            for (var i = 0; i < blocks.Count; i++)
            {
                blocks[i] = blocks[i] with { Ledger = blocks[i].Ledger.Mint(token, to, atoms) };
            }
        }
    }

    /// <summary>Takes all tokens of an account away, on every block there is.</summary>
    public void Burn(Address token, Address owner)
    {
        lock (gate)
        {
            for (var i = 0; i < blocks.Count; i++)
            {
                blocks[i] = blocks[i] with { Ledger = blocks[i].Ledger with { Balances = blocks[i].Ledger.Balances.Remove((token, owner)) } };
            }
        }
    }

    /// <summary>Somebody else uses the key: transactions of its next nonces wait in the pool and are not mined.</summary>
    public void AddForeign(Address account, ulong count)
    {
        lock (gate)
        {
            foreign[account] = count;
        }
    }

    /// <summary>The pool forgets what <see cref="AddForeign"/> put there.</summary>
    public void DropForeign()
    {
        lock (gate)
        {
            foreign.Clear();
        }
    }

    /// <summary>Whether any block, lost ones included, ever used an authorization.</summary>
    public bool WasEverUsed(Address token, Address payer, Bytes32 nonce)
    {
        lock (gate)
        {
            return everUsed.Contains((token, Bytes32.From(payer), nonce));
        }
    }

    /// <summary>Whether an authorization is used or cancelled at the head.</summary>
    public bool IsSpent(Address token, Address payer, Bytes32 nonce)
    {
        lock (gate)
        {
            return Head.Ledger.Spent.Contains((token, payer, nonce));
        }
    }

    /// <summary>An account's tokens at the head.</summary>
    public UInt256 BalanceOf(Address token, Address owner)
    {
        lock (gate)
        {
            return Head.Ledger.BalanceOf(token, owner);
        }
    }

    /// <summary>Whether an account can pay gas; all can until told otherwise.</summary>
    public void SetFunded(Address account, bool isFunded)
    {
        lock (gate)
        {
            _ = isFunded ? unfunded.Remove(account) : unfunded.Add(account);
        }
    }

    /// <summary>Mines blocks; the first takes all of the pool that is ready, in the order of each sender's nonces.</summary>
    public void Mine(int blockCount = 1)
    {
        for (var i = 0; i < blockCount; i++)
        {
            MineWith(null);
        }
    }

    /// <summary>Replaces the last blocks by as many empty ones. What they held waits again, or is gone when <paramref name="dropped"/>.</summary>
    public void Reorganize(int depth, bool dropped = false)
    {
        lock (gate)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(depth, blocks.Count);
            var lost = blocks[^depth..];
            blocks.RemoveRange(blocks.Count - depth, depth);
            var waiting = pool.ToArray();
            pool.Clear();
            for (var i = 0; i < depth; i++)
            {
                MineWith(null);
            }

            pool.AddRange(dropped ? [] : lost.SelectMany(block => block.Transactions));
            pool.AddRange(waiting);
        }
    }

    /// <summary>The pool forgets a transaction.</summary>
    public void Drop(Bytes32 transaction)
    {
        lock (gate)
        {
            pool.RemoveAll(waiting => waiting.Hash == transaction);
        }
    }

    /// <summary>The pool keeps a transaction, says so when asked, and offers it to no block: local nodes do that to one that arrives while the one before is mined.</summary>
    public void HoldBack(Bytes32 transaction)
    {
        lock (gate)
        {
            heldBack.Add(transaction);
        }
    }

    /// <summary>The key is used elsewhere: a block with another transaction of its next nonce.</summary>
    public void TakeNonce(Address account) => MineWith(ledger => (ledger.CountNonce(account), []));

    /// <summary>Somebody else submits the authorization first.</summary>
    /// <exception cref="InvalidOperationException">The token reverts.</exception>
    public void FrontRun(Eip3009Transfer transfer) => MineWith(ledger =>
        ledger.Transfer(tokens[transfer.Token], ChainId, transfer, NextTime) ?? throw new InvalidOperationException("The token reverts."));

    /// <summary>The payer cancels an authorization.</summary>
    public void CancelAuthorization(Address token, Address payer, Bytes32 nonce) => MineWith(ledger => (
        ledger.Spend(token, payer, nonce),
        [new EventLog(token, [Eip3009.AuthorizationCanceled, Bytes32.From(payer), nonce], ReadOnlyMemory<byte>.Empty)]));

    private void MineWith(Func<SimulatedLedger, (SimulatedLedger After, IReadOnlyList<EventLog> Logs)>? other)
    {
        lock (gate)
        {
            var (ledger, number, time) = (Head.Ledger, Head.Header.Cursor.Number + 1, NextTime);
            var cursor = new BlockCursor(number, Unique("block"));
            var mined = new List<DecodedTransaction>();
            var receipts = new List<TransactionReceipt>();
            if (other is not null)
            {
                (ledger, var logs) = other(ledger);
                receipts.Add(new TransactionReceipt(Unique("foreign"), true, cursor, logs, GasUsed, UInt256.One));
            }

            while (pool.Find(waiting => waiting.Request.Nonce == NonceOf(ledger, waiting) && !heldBack.Contains(waiting.Hash) && waiting.Request.Fees.MaxFeePerGas >= BaseFee) is { } next)
            {
                pool.Remove(next);
                ledger = ledger.CountNonce(next.Sender);
                var result = Run(ledger, next.Request, time);
                ledger = result?.After ?? ledger;
                if (result is not null && next.Request is { Value.IsZero: false, To: { } funded })
                {
                    unfunded.Remove(funded);
                }

                mined.Add(next);
                receipts.Add(new TransactionReceipt(next.Hash, result is not null, cursor, result?.Logs ?? [], GasUsed, UInt256.One));
            }

            var final = ledger;
            pool.RemoveAll(waiting => waiting.Request.Nonce < NonceOf(final, waiting));
            var header = new BlockHeader(cursor, Head.Header.Cursor.Hash, time, UInt256.One, [.. receipts.Select(receipt => receipt.Transaction)]) { GasLimit = BlockGasLimit };
            Add(new SimulatedBlock(header, ledger, mined, receipts));
        }

        Signal();
    }

    /// <returns>Null when the transaction reverts.</returns>
    private (SimulatedLedger After, IReadOnlyList<EventLog> Logs)? Run(SimulatedLedger ledger, TransactionRequest request, ulong time)
    {
        if (RevertsAll)
        {
            return null;
        }

        if (HasMulticall3 && request.To == Multicall3.Address)
        {
            return Multicall3.TryRead(request.Data, out var calls) ? RunAll(ledger, calls, time) : null;
        }

        return request.To is { } to && tokens.TryGetValue(to, out var token) ? ledger.Call(token, ChainId, request.Data.Span, time) : (ledger, []);
    }

    private (SimulatedLedger After, IReadOnlyList<EventLog> Logs) RunAll(
        SimulatedLedger ledger, IReadOnlyList<(Address Target, ReadOnlyMemory<byte> Data)> calls, ulong time)
    {
        var logs = new List<EventLog>();
        foreach (var (target, data) in calls)
        {
            if (tokens.TryGetValue(target, out var token) && ledger.Call(token, ChainId, data.Span, time) is { } result)
            {
                ledger = result.After;
                logs.AddRange(result.Logs);
            }
        }

        return (ledger, logs);
    }

    private static ulong NonceOf(SimulatedLedger ledger, DecodedTransaction transaction) => ledger.NonceOf(transaction.Sender);

    private void Add(SimulatedBlock block)
    {
        blocks.Add(block);
        everyHeader.Add(block.Header.Cursor.Hash, block.Header);
        foreach (var log in block.Receipts.SelectMany(receipt => receipt.Logs).Where(log => log.Topics[0] == Eip3009.AuthorizationUsed))
        {
            everUsed.Add((log.Address, log.Topics[1], log.Topics[2]));
        }
    }

    // Two blocks of one height never have one hash: the number counts everything that ever happened here.
    private Bytes32 Unique(string kind) => Eip712.HashText($"{Network} {kind} {++uniques}");

    private void Signal()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            (signal, changed) = (changed, NewSignal());
        }

        signal.TrySetResult();
    }
}

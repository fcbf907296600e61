using System.Collections.Concurrent;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>Callers who pay one payment after the other at one engine until they are stopped or that process has ended, each under the key "k", and what they were told.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<Told> _told = new();
    private readonly TestChain _chain;
    private readonly EvmSigner _payer;
    private readonly Engine _engine;
    private readonly Program _program;
    private readonly Task _callers;
    private int _waiting;

    private SteadyLoad(TestChain chain, EvmSigner payer, Engine engine, int callers)
    {
        (_chain, _payer, _engine, _program) = (chain, payer, engine, engine.Program);
        _callers = Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(PayAsync)));
    }

    /// <summary>A caller's whole experience: an answer, or a connection that broke (null).</summary>
    /// <param name="Payment">What it paid.</param>
    /// <param name="Answer">What it was told.</param>
    /// <param name="WasMined">Whether the transaction that it was told of was on the chain by then.</param>
    internal sealed record Told(Payment Payment, Answer? Answer, bool WasMined);

    /// <summary>Callers without an answer at the moment.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>What was told so far.</summary>
    public IReadOnlyCollection<Told> ToldSoFar => _told;

    public static SteadyLoad Start(TestChain chain, EvmSigner payer, Engine engine, int callers) => new(chain, payer, engine, callers);

    /// <summary>No caller begins anew; everything that was told.</summary>
    public async Task<IReadOnlyCollection<Told>> StopAsync()
    {
        await _stopping.CancelAsync();
        await _callers;
        return _told;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _stopping.Dispose();
    }

    private async Task PayAsync()
    {
        var stopping = _stopping.Token;
        while (!stopping.IsCancellationRequested && !_program.HasEnded)
        {
            var payment = Payment.Sign(_chain, _payer);
            _told.Enqueue(await AskAsync(payment));
        }
    }

    private async Task<Told> AskAsync(Payment payment)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var answer = await _engine.SettleAsync(payment, "k");
            var isPaid = answer.Status == 200 && answer.IsSuccess;
            return new Told(payment, answer, isPaid && (await _chain.ReceiptAsync(answer.Transaction))?["status"].GetString() == "0x1");
        }
        catch (HttpRequestException)
        {
            return new Told(payment, null, WasMined: false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

using AgentPay.Api.Problems;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging;

namespace AgentPay.Api.Silence;

/// <summary>
/// Nobody waits for a database that says nothing: requests are refused while it is silent, and those under way are told within a second that nobody can tell now.
/// What was asked goes on without its caller; who asks again with the same key, or the same payment, gets what came of it.
/// </summary>
public sealed partial class StoreSilence(IStoreHealth store, ILogger<StoreSilence> logger)
{
    /// <summary>The outcome, unless the database falls silent first.</summary>
    /// <param name="ask">Begins the work; not called while the database is silent. Its token is cancelled by a silence too: whoever was told so counts as one that left.</param>
    /// <param name="afterwards">What is owed for an outcome that came when nobody waited for it any more.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    /// <exception cref="StoreUnavailableException">The database is silent; what came of the work is not known.</exception>
    public async Task<T> UnlessAsync<T>(Func<CancellationToken, Task<T>> ask, Func<T, Task>? afterwards = null, CancellationToken cancellationToken = default)
    {
        var silence = store.Silence;
        if (silence.IsCancellationRequested)
        {
            throw IsSilent();
        }

        return silence.CanBeCanceled ? await AskAsync(ask, afterwards, silence, cancellationToken) : await ask(cancellationToken);
    }

    /// <summary>Done, silent or not; its caller waits for it until the database falls silent.</summary>
    /// <exception cref="StoreUnavailableException">The database is silent.</exception>
    public Task OwedAsync(Func<Task> ask) => AskAsync(
        async _ =>
        {
            await ask();
            return true;
        },
        afterwards: null,
        store.Silence,
        CancellationToken.None);

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, Func<T, Task>? afterwards, CancellationToken silence, CancellationToken cancellationToken)
    {
        var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence);
        var asked = ask(leaving.Token);
        _ = asked.ContinueWith(_ => leaving.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await asked.WaitAsync(silence);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && asked.IsCompletedSuccessfully)
        {
            // It came in the same moment.
            return await asked;
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested)
        {
            _ = EndAsync(asked, afterwards);

            // A silence tells all that wait, one after the other, from one thread: none keeps the next.
            await Task.Yield();
            throw IsSilent();
        }
    }

    /// <summary>Its caller was told that nobody can tell: what it failed by is nobody's answer, but a defect stays one.</summary>
    private async Task EndAsync<T>(Task<T> asked, Func<T, Task>? afterwards)
    {
        try
        {
            var outcome = await asked;
            await (afterwards?.Invoke(outcome) ?? Task.CompletedTask);
        }
        catch (Exception e) when (e is OperationCanceledException || FaultAnswers.Of(e) is not null)
        {
            LogGivenUp(e.Message);
        }
        catch (Exception e)
        {
            LogDefect(e);
        }
    }

    private static StoreUnavailableException IsSilent() => new("The database does not answer.");

    [LoggerMessage(EventId = 1503, Level = LogLevel.Debug, Message = "What a request had asked before the database fell silent came to nothing: {Words}")]
    private partial void LogGivenUp(string words);

    [LoggerMessage(EventId = 1504, Level = LogLevel.Error, Message = "What a request had asked before the database fell silent failed.")]
    private partial void LogDefect(Exception exception);
}

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
    /// <param name="ask">Begins the work; not called while the database is silent, unless it is owed.</param>
    /// <param name="afterwards">What is owed for an outcome that came when nobody waited for it any more.</param>
    /// <param name="isOwed">It has to be done whether or not anybody waits for it.</param>
    /// <exception cref="StoreUnavailableException">The database is silent; what came of the work is not known.</exception>
    public async Task<T> UnlessAsync<T>(Func<Task<T>> ask, Func<T, Task>? afterwards = null, bool isOwed = false)
    {
        var silence = store.Silence;
        if (!silence.CanBeCanceled)
        {
            return await ask();
        }

        if (silence.IsCancellationRequested && !isOwed)
        {
            throw IsSilent();
        }

        var asked = ask();
        try
        {
            return await asked.WaitAsync(silence);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !asked.IsCompleted)
        {
            _ = EndAsync(asked, afterwards);
            throw IsSilent();
        }
    }

    /// <summary>Done, unless the database falls silent first: then it is done without its caller.</summary>
    /// <exception cref="StoreUnavailableException">The database is silent.</exception>
    public Task OwedAsync(Func<Task> ask) => UnlessAsync(
        async () =>
        {
            await ask();
            return true;
        },
        isOwed: true);

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

using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>
/// Asks whether rows still have the versions that answers are about to be given on. Those who ask while a question is under way share the next one:
/// a query that began before somebody asked proves nothing to him.
/// </summary>
internal sealed class VersionCheck(IAtomicStore store)
{
    private const int GrainsMax = 1_000;

    private readonly Queue<(GrainRef Grain, TaskCompletionSource<long> Asked)> waiting = [];
    private bool isAsking;

    /// <summary>The durable version of a grain's row at some time after this call; 0 for none.</summary>
    /// <exception cref="StoreUnavailableException">Nobody can tell now.</exception>
    public Task<long> ReadAsync(GrainRef grain)
    {
        var asked = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (waiting)
        {
            waiting.Enqueue((grain, asked));
            if (isAsking)
            {
                return asked.Task;
            }

            isAsking = true;
        }

        _ = Task.Run(AskAllAsync);
        return asked.Task;
    }

    private async Task AskAllAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var versions = await store.ReadVersionsAsync([.. batch.Select(item => item.Grain)], CancellationToken.None);
                for (var place = 0; place < batch.Count; place++)
                {
                    batch[place].Asked.SetResult(versions[place]);
                }
            }
            catch (Exception e)
            {
                batch.ForEach(item => item.Asked.TrySetException(e));
            }
        }
    }

    private List<(GrainRef Grain, TaskCompletionSource<long> Asked)> Take()
    {
        lock (waiting)
        {
            var batch = new List<(GrainRef, TaskCompletionSource<long>)>();
            while (batch.Count < GrainsMax && waiting.TryDequeue(out var item))
            {
                batch.Add(item);
            }

            isAsking = batch.Count > 0;
            return batch;
        }
    }
}

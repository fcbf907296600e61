using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Chains;

/// <summary>Settlements of unknown fate, each once however often it is asked about, in the order of their first question.</summary>
internal sealed class DoubtQueue
{
    /// <summary>Most settlements that wait; one more is not taken, and its deadline asks again.</summary>
    public const int LengthMax = 10_000;

    private readonly Dictionary<string, Settlement> waiting = [];
    private readonly Channel<string> order = Channel.CreateUnbounded<string>();

    public int Count
    {
        get
        {
            lock (waiting)
            {
                return waiting.Count;
            }
        }
    }

    public void Add(Settlement settlement)
    {
        lock (waiting)
        {
            var isNew = !waiting.ContainsKey(settlement.Id);
            if (isNew && waiting.Count == LengthMax)
            {
                return;
            }

            waiting[settlement.Id] = settlement;
            if (isNew)
            {
                order.Writer.TryWrite(settlement.Id);
            }
        }
    }

    /// <summary>Each as it was asked about last.</summary>
    public async IAsyncEnumerable<Settlement> TakeAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var id in order.Reader.ReadAllAsync(cancellationToken))
        {
            Settlement? settlement;
            lock (waiting)
            {
                waiting.Remove(id, out settlement);
            }

            yield return settlement!;
        }
    }
}

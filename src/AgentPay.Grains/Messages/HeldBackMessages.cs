using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Messages;

/// <summary>
/// Messages of commits on their way that could not go early: nothing of their lane may until they went. By commit, not by name: what is decided anew after a failure
/// sends messages of the same names, perhaps to others, and may do so before the failure is told here.
/// </summary>
internal sealed class HeldBackMessages
{
    private readonly Lock gate = new();
    private readonly HashSet<(CommitFate Commit, int Place)> messages = [];
    private readonly Dictionary<(GrainRef From, GrainRef To), int> counts = [];

    public bool AreNoneIn((GrainRef From, GrainRef To) lane)
    {
        lock (gate)
        {
            return !counts.ContainsKey(lane);
        }
    }

    public void Add(CommitFate commit, WaitingMessage message)
    {
        var lane = (message.Id.Source, message.Target);
        lock (gate)
        {
            messages.Add((commit, message.Id.Index));
            counts[lane] = counts.GetValueOrDefault(lane) + 1;
        }
    }

    /// <returns>True when it was held back.</returns>
    public bool Remove(CommitFate commit, WaitingMessage message)
    {
        var lane = (message.Id.Source, message.Target);
        lock (gate)
        {
            if (!messages.Remove((commit, message.Id.Index)))
            {
                return false;
            }

            if (--counts[lane] == 0)
            {
                counts.Remove(lane);
            }

            return true;
        }
    }
}

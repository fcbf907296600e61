using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>Hears of every durable commit of this process, at once: what it starts is only an acceleration, the rows stand without it.</summary>
public interface ICommitSink
{
    /// <summary>This commit is durable.</summary>
    void Committed(Commit commit);
}

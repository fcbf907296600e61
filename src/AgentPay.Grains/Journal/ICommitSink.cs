using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>Hears of every durable commit of this process, at once: what it starts is only an acceleration, the rows stand without it.</summary>
public interface ICommitSink
{
    /// <summary>
    /// The next commit may stand behind one that was given up and was written all the same: what that one told others lies in the rows and goes before anything new.
    /// </summary>
    void MayFollowUnseen();

    /// <summary>This commit was handed to the store and is not durable yet; <see cref="Committed"/> or <see cref="Dropped"/> follows.</summary>
    void Handed(Commit commit, Task<CommitResult> write);

    /// <summary>This commit is durable.</summary>
    void Committed(Commit commit);

    /// <summary>Nothing of this commit was written, or nobody can tell.</summary>
    void Dropped(Commit commit);
}

using AgentPay.Grains.Deadlines;
using AgentPay.Grains.Messages;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Journal;

/// <summary>Starts what a commit asked for: its messages and its nearest deadline.</summary>
internal sealed class CommitSink(MessageDispatcher messages, DueSweeper deadlines) : ICommitSink
{
    public void MayFollowUnseen() => messages.ReadAnew();

    public void Handed(Commit commit, Task<CommitResult> write) => messages.DispatchEarly(commit, write);

    public void Dropped(Commit commit) => messages.Drop(commit);

    public void Committed(Commit commit)
    {
        messages.Dispatch(commit);
        foreach (var due in commit.Due)
        {
            if (due.At is { } at)
            {
                deadlines.Expect(at);
            }
        }
    }
}

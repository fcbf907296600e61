using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Messages;

/// <summary>A message on its way, and the commit that sends it where that is not known to be durable.</summary>
internal sealed class Sending(WaitingMessage message, SendingCommit? source)
{
    public WaitingMessage Message => message;

    public SendingCommit? Source => source;
}

/// <summary>A commit that is being written, and sends messages.</summary>
internal sealed record SendingCommit(CommitFate Fate, Task<CommitResult> Write)
{
    public bool HasFailed => Write.IsCompleted && !(Write.IsCompletedSuccessfully && Write.Result.Status == CommitStatus.Committed);

    /// <summary>False when it failed: its rows are not there, and what is sent by the same name later is another message.</summary>
    public async Task<bool> IsCommittedAsync()
    {
        // Why it failed is told to whoever handed it over.
        await ((Task)Write).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !HasFailed;
    }
}

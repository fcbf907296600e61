using System.Text;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Writing;

/// <summary>
/// What must be true of a commit before it is queued. Checked on the caller's side, so that a defect there can never fail the batch of others.
/// </summary>
internal static class CommitRules
{
    private const int StatusCharactersMax = 32;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static void Check(Commit commit)
    {
        Invariant.That(commit.ExpectedVersion is >= 0 and < long.MaxValue, "A version is 0 or more.");
        Invariant.That(commit.DecidedAt >= DateTimeOffset.UnixEpoch, "A decision is made after 1969: event ids begin with its time.");
        Invariant.That(commit.State.Length <= StoreLimits.StateBytesMax, "A grain's state is at most 1 MiB.");
        Invariant.That(commit.Status.Length <= StatusCharactersMax, "A status word has at most 32 characters.");
        CheckAddress(commit.Grain);
        CheckText(commit.Status);
        CheckText(commit.Account ?? "");
        foreach (var transfer in commit.Transfers)
        {
            Check(transfer);
        }

        foreach (var entry in commit.Events)
        {
            CheckText(entry.Type);
            CheckText(entry.Object);
        }

        foreach (var message in commit.Messages)
        {
            CheckAddress(message.Target);
        }

        foreach (var due in commit.Due)
        {
            CheckText(due.Id);
        }

        if (commit.Answer is { } answer)
        {
            CheckText(answer.Scope);
            CheckText(answer.Key);
        }
    }

    private static void Check(Transfer transfer)
    {
        Invariant.That(transfer.Atoms > 0 && transfer.Atoms <= (UInt128)Int128.MaxValue, "A transfer moves 1 to 2^127-1 atoms.");
        Invariant.That(transfer.Debit != transfer.Credit, "A transfer has two different accounts.");
        CheckText(transfer.Debit);
        CheckText(transfer.Credit);
        CheckText(transfer.Asset);
        CheckText(transfer.Reason);
    }

    private static void CheckAddress(GrainRef grain)
    {
        Invariant.That(grain.Type is { Length: >= 1 and <= 64 }, "A grain type has 1 to 64 characters.");
        Invariant.That(grain.Key is { Length: >= 1 and <= 512 }, "A grain key has 1 to 512 characters.");
        CheckText(grain.Type);
        CheckText(grain.Key);
    }

    /// <summary>Half a surrogate pair has no UTF-8 of its own: two different keys would share a row.</summary>
    private static void CheckText(string text)
    {
        if (Ascii.IsValid(text))
        {
            return;
        }

        try
        {
            _ = _strict.GetByteCount(text);
        }
        catch (EncoderFallbackException failure)
        {
            throw new InvariantBrokenException($"Text in a commit is valid Unicode; position {failure.Index} is not.");
        }
    }
}

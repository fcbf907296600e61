using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Replays;

/// <summary>Everything that could be seen of one history, in order, as a hash; and as lines where somebody wants to read them.</summary>
internal sealed class ReplayTrace(TextWriter? lines = null) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly int thread = Environment.CurrentManagedThreadId;

    /// <summary>How many lines it has.</summary>
    public int Count { get; private set; }

    /// <summary>Of all lines so far.</summary>
    public string Hash => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>What was done on another thread than the one that all is to be done on; null for nothing.</summary>
    public string? Stray { get; private set; }

    public void Add(string line)
    {
        Count++;
        hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        lines?.WriteLine(line.ReplaceLineEndings(" "));
        Stray ??= Environment.CurrentManagedThreadId == thread ? null : line;
    }

    public void AddHanded(Commit commit) => Add(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        hand {commit.Grain} on {commit.ExpectedVersion} {commit.Status} at {commit.DecidedAt:O} state {Bytes(commit.State)} transfers {string.Join(' ', commit.Transfers)} events {string.Join(' ', commit.Events.Select(entry => $"{entry.Type} {entry.Object} {Bytes(entry.Body)}"))} in {commit.Account} messages {string.Join(' ', commit.Messages.Select(message => $"{message.Target} {Bytes(message.Body)}"))} due {string.Join(' ', commit.Due)} records {string.Join(' ', commit.Records.Select(record => $"{record.Id} {(record.Body is { } body ? Bytes(body) : "gone")}"))} consumes {commit.Consumes} follows {commit.Follows?.IsApplied} fence {commit.Fence} answer {(commit.Answer is { } answer ? $"{answer.Scope} {answer.Key} {answer.HttpStatus} {answer.ExpiresAt:O} {Bytes(answer.Body)}" : "none")}
        """));

    public void AddEnded(Commit commit, CommitResult? result) =>
        Add(string.Create(CultureInfo.InvariantCulture, $"end {commit.Grain} on {commit.ExpectedVersion} {result?.ToString() ?? "not written"}"));

    public void Dispose() => hash.Dispose();

    // Each byte is a character: nothing is lost, and what is text can be read.
    private static string Bytes(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}

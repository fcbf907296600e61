using System.Text;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

/// <summary>Commits and effects to try the store with.</summary>
internal static class Some
{
    internal const string Usdc = "eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913";

    internal static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    internal static GrainRef Grain(string key) => new("wallet", key);

    internal static Commit Commit(string key, long expectedVersion = 0, string state = "state") => Commit(Grain(key), expectedVersion, state);

    internal static Commit Commit(GrainRef grain, long expectedVersion = 0, string state = "state") =>
        new() { Grain = grain, ExpectedVersion = expectedVersion, State = Bytes(state), DecidedAt = Now };

    internal static Transfer Transfer(string debit, string credit, UInt128 atoms, string asset = Usdc) => new(debit, credit, asset, atoms, "settlement");

    internal static EventDraft Event(string @object, string body = "{}") => new("wallet.charged", @object, Bytes(body));

    internal static OutgoingMessage Message(string target, string body = "{}") => new(Grain(target), Bytes(body));

    internal static Answer Answer(string key, string body = "answer", string scope = "acct_1") =>
        new(scope, key, Bytes("print"), 201, Bytes(body), Now.AddHours(24));

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}

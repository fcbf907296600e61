namespace AgentPay.X402.Parsing;

/// <summary>Keeps the first fault of a message; what is read after it no longer counts.</summary>
internal sealed class FaultLog
{
    public ParseFault? First { get; private set; }

    public void Add(string code, string pointer, string detail) => First ??= new ParseFault(code, pointer, detail);
}

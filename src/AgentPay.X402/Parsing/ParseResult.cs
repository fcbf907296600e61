using System.Diagnostics.CodeAnalysis;

namespace AgentPay.X402.Parsing;

/// <summary>A parsed message, or the first fault found. Bad input is a value, never an exception.</summary>
/// <typeparam name="T">The message.</typeparam>
public readonly record struct ParseResult<T>
    where T : class
{
    private ParseResult(ParseOutcome outcome, T? value, ParseFault? fault, string network)
    {
        Outcome = outcome;
        Value = value;
        Fault = fault;
        Network = network;
    }

    /// <summary>Which of the three.</summary>
    public ParseOutcome Outcome { get; }

    /// <summary>The message; null unless parsed.</summary>
    public T? Value { get; }

    /// <summary>What is wrong; null when parsed.</summary>
    public ParseFault? Fault { get; }

    /// <summary>The canonical name of the network when one could be read, else empty: a refused settlement must still name its network.</summary>
    public string Network { get; }

    /// <summary>True when there is a message.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsParsed => Outcome == ParseOutcome.Parsed;

    internal static ParseResult<T> Parsed(T value, string network) => new(ParseOutcome.Parsed, value, fault: null, network);

    internal static ParseResult<T> BadPayload(ParseFault fault, string network = "") => new(ParseOutcome.BadPayload, value: null, fault, network);

    internal static ParseResult<T> Broken(string pointer, string detail) =>
        new(ParseOutcome.Broken, value: null, new ParseFault(ErrorCodes.InvalidPayload, pointer, detail), network: "");

    internal ParseResult<TOther> Failed<TOther>()
        where TOther : class => new(Outcome, value: null, Fault, Network);
}

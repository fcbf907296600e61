using System.Globalization;

namespace AgentPay.X402.Networks;

/// <summary>A network by its CAIP-2 name, for example <c>eip155:8453</c>. Two networks are the same when their texts are.</summary>
public readonly record struct Caip2Network
{
    // CAIP-2 ends a namespace at 8 characters and a reference at 32, but x402 peers name cloudflare:402 and a Solana test network with 33.
    private const int NamespaceMax = 32;
    private const int ReferenceMax = 64;
    private const string EvmPrefix = "eip155:";

    private Caip2Network(string text, int colon, ulong evmChainId)
    {
        Text = text;
        Namespace = text[..colon];
        EvmChainId = evmChainId;
    }

    /// <summary>The whole name.</summary>
    public string Text { get; }

    /// <summary>What stands before the colon, for example <c>eip155</c>.</summary>
    public string Namespace { get; }

    /// <summary>The chain's number when the namespace is <c>eip155</c>, else 0. Never 0 for an EVM chain.</summary>
    public ulong EvmChainId { get; }

    /// <summary>True for a chain of the namespace <c>eip155</c>.</summary>
    public bool IsEvm => EvmChainId != 0;

    /// <summary>
    /// Reads a canonical name: a namespace of 3 to 32 of <c>-a-z0-9</c>, a colon, a reference of 1 to 64 of <c>-_a-zA-Z0-9</c>; for
    /// <c>eip155</c> the reference is a decimal number from 1 to 2^64 - 1 without leading zeros. Wildcards are no names.
    /// </summary>
    public static bool TryParse(string? text, out Caip2Network network)
    {
        network = default;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (text is null || !IsNamespace(text.AsSpan(0, Math.Max(colon, 0))) || !IsReference(text.AsSpan(colon + 1)))
        {
            return false;
        }

        ulong chainId = 0;
        if (text.StartsWith(EvmPrefix, StringComparison.Ordinal) && !TryParseChainId(text.AsSpan(EvmPrefix.Length), out chainId))
        {
            return false;
        }

        network = new Caip2Network(text, colon, chainId);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool TryParseChainId(ReadOnlySpan<char> reference, out ulong chainId)
    {
        chainId = 0;
        return !reference.ContainsAnyExceptInRange('0', '9') && reference[0] != '0'
            && ulong.TryParse(reference, NumberStyles.None, CultureInfo.InvariantCulture, out chainId);
    }

    private static bool IsNamespace(ReadOnlySpan<char> text)
    {
        if (text.Length is < 3 or > NamespaceMax)
        {
            return false;
        }

        foreach (var character in text)
        {
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character) && character != '-')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsReference(ReadOnlySpan<char> text)
    {
        if (text.Length is < 1 or > ReferenceMax)
        {
            return false;
        }

        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}

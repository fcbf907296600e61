namespace AgentPay.X402;

/// <summary>Upper bounds on what is read from a peer. Each is far above what an honest client sends.</summary>
public static class X402Limits
{
    /// <summary>Bytes of one JSON message.</summary>
    public const int MessageBytesMax = 64 * 1024;

    /// <summary>Characters of one base64 payment header.</summary>
    public const int HeaderCharactersMax = 16 * 1024;

    /// <summary>Nesting of JSON objects and arrays.</summary>
    public const int JsonDepthMax = 64;

    /// <summary>Bytes of a signature. A key signs 65; contract wallets may need thousands (ERC-1271, ERC-6492).</summary>
    public const int SignatureBytesMax = 8 * 1024;

    /// <summary>Seconds of <c>maxTimeoutSeconds</c>: a year.</summary>
    public const int TimeoutSecondsMax = 365 * 24 * 60 * 60;

    /// <summary>Characters of a scheme, an asset, a payee, or an EIP-712 name or version.</summary>
    public const int ShortTextMax = 256;

    /// <summary>Characters of a resource URL.</summary>
    public const int UrlMax = 2048;
}

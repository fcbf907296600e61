namespace AgentPay.Chains.Evm;

/// <summary>Writes a contract call (Solidity ABI specification): selector, static words in order, then the tails of dynamic members.</summary>
public sealed class AbiWriter
{
    private const int SelectorBytes = 4;
    private readonly byte[] _selector;
    private readonly List<Bytes32> _heads = [];
    private readonly List<(int Head, byte[] Tail)> _tails = [];

    /// <summary>Begins a call of the function with this canonical signature, for example <c>balanceOf(address)</c>.</summary>
    public AbiWriter(string signature)
        : this(SelectorOf(signature))
    {
    }

    /// <summary>Begins a call with a known 4-byte selector, or without one (constructor arguments) when empty.</summary>
    public AbiWriter(ReadOnlySpan<byte> selector) => _selector = selector.ToArray();

    /// <summary>The first four bytes of Keccak-256 of a canonical signature.</summary>
    public static byte[] SelectorOf(string signature)
    {
        Span<byte> hash = stackalloc byte[Bytes32.Length];
        Bytes32.Keccak(System.Text.Encoding.UTF8.GetBytes(signature)).WriteTo(hash);
        return hash[..SelectorBytes].ToArray();
    }

    /// <summary>A static word.</summary>
    public AbiWriter Word(Bytes32 word)
    {
        _heads.Add(word);
        return this;
    }

    /// <summary>An address.</summary>
    public AbiWriter Address(Address address) => Word(Bytes32.From(address));

    /// <summary>A number.</summary>
    public AbiWriter Number(UInt256 number) => Word(Bytes32.From(number));

    /// <summary>Dynamic bytes.</summary>
    public AbiWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        var padded = new byte[UInt256.Bytes + Padded(bytes.Length)];
        new UInt256((UInt128)bytes.Length).WriteTo(padded);
        bytes.CopyTo(padded.AsSpan(UInt256.Bytes));
        _tails.Add((_heads.Count, padded));
        _heads.Add(default);
        return this;
    }

    /// <summary>A string, as its UTF-8 bytes.</summary>
    public AbiWriter Text(string text) => Bytes(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>The call.</summary>
    public byte[] ToArray()
    {
        var headBytes = _heads.Count * Bytes32.Length;
        var call = new byte[_selector.Length + headBytes + _tails.Sum(static tail => tail.Tail.Length)];
        _selector.CopyTo(call, 0);
        var body = call.AsSpan(_selector.Length);
        for (var i = 0; i < _heads.Count; i++)
        {
            _heads[i].WriteTo(body[(i * Bytes32.Length)..]);
        }

        var offset = headBytes;
        foreach (var (head, tail) in _tails)
        {
            new UInt256((UInt128)offset).WriteTo(body[(head * Bytes32.Length)..]);
            tail.CopyTo(body[offset..]);
            offset += tail.Length;
        }

        return call;
    }

    private static int Padded(int length) => (length + 31) / 32 * 32;
}

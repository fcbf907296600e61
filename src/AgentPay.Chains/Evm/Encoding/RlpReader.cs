namespace AgentPay.Chains.Evm;

/// <summary>Reads Recursive Length Prefix items, canonical forms only: what it accepts encodes back to the same bytes.</summary>
internal ref struct RlpReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>The next item, which must be a string of bytes.</summary>
    public ReadOnlySpan<byte> Bytes() => Next(out var isList) is var item && !isList ? item : throw Malformed("a list where bytes belong");

    /// <summary>The next item, which must be a list; read its items from the answer.</summary>
    public RlpReader List() => Next(out var isList) is var item && isList ? new RlpReader(item) : throw Malformed("bytes where a list belongs");

    /// <summary>The next item, which must be a number of at most 32 bytes without leading zeros.</summary>
    public UInt256 Number()
    {
        var bytes = Bytes();
        return bytes.Length <= UInt256.Bytes && (bytes.IsEmpty || bytes[0] != 0) ? new UInt256(bytes) : throw Malformed("no canonical number");
    }

    /// <summary>The next item, which must be a number below 2^64.</summary>
    public ulong Number64() => Number().TryToUInt64(out var number) ? number : throw Malformed("a number of 2^64 or more");

    /// <summary>The next item: 20 bytes, or none.</summary>
    public Address? Address()
    {
        var bytes = Bytes();
        return bytes.Length switch
        {
            0 => null,
            Evm.Address.Bytes => new Address(bytes),
            _ => throw Malformed("an address of another length"),
        };
    }

    /// <summary>Nothing may be left.</summary>
    public readonly void End()
    {
        if (!AtEnd)
        {
            throw Malformed("something after the end");
        }
    }

    private static FormatException Malformed(string what) => new($"Malformed RLP: {what}.");

    private ReadOnlySpan<byte> Next(out bool isList)
    {
        var single = Take(1);
        var first = single[0];
        isList = first >= 0xC0;
        if (first < 0x80)
        {
            return single;
        }

        var offset = first - (isList ? 0xC0 : 0x80);
        var length = offset < 56 ? offset : LongLength(offset - 55);
        var item = Take(length);
        if (!isList && item.Length == 1 && item[0] < 0x80)
        {
            throw Malformed("a prefix before a byte that needs none");
        }

        return item;
    }

    private int LongLength(int lengthBytes)
    {
        var bytes = Take(lengthBytes);
        if (bytes[0] == 0 || bytes.Length > 4)
        {
            throw Malformed("a length with leading zeros or beyond 4 bytes");
        }

        long length = 0;
        foreach (var value in bytes)
        {
            length = (length << 8) | value;
        }

        return length is >= 56 and <= int.MaxValue ? (int)length : throw Malformed("a long form for a short length");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Malformed("it ends too early");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

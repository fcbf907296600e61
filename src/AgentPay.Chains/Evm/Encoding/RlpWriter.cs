using System.Buffers;

namespace AgentPay.Chains.Evm;

/// <summary>Writes Recursive Length Prefix items (Ethereum yellow paper, appendix B) of one list.</summary>
internal sealed class RlpWriter
{
    private readonly ArrayBufferWriter<byte> _items = new();

    /// <summary>A string of bytes.</summary>
    public RlpWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 1 && bytes[0] < 0x80)
        {
            _items.Write(bytes);
            return this;
        }

        WritePrefix(_items, 0x80, bytes.Length);
        _items.Write(bytes);
        return this;
    }

    /// <summary>A number: big-endian without leading zeros, 0 is the empty string.</summary>
    public RlpWriter Number(UInt256 number)
    {
        Span<byte> bytes = stackalloc byte[UInt256.Bytes];
        number.WriteTo(bytes);
        return Bytes(bytes.TrimStart((byte)0));
    }

    /// <summary>An address, or the empty string for none.</summary>
    public RlpWriter Address(Address? address)
    {
        if (address is not { } known)
        {
            return Bytes([]);
        }

        Span<byte> bytes = stackalloc byte[Evm.Address.Bytes];
        known.WriteTo(bytes);
        return Bytes(bytes);
    }

    /// <summary>A list within.</summary>
    public RlpWriter List(RlpWriter list)
    {
        _items.Write(list.ToList());
        return this;
    }

    /// <summary>The items so far as a list, after <paramref name="type"/> when given (EIP-2718).</summary>
    public byte[] ToList(byte? type = null)
    {
        var list = new ArrayBufferWriter<byte>(_items.WrittenCount + 10);
        if (type is { } first)
        {
            list.Write([first]);
        }

        WritePrefix(list, 0xC0, _items.WrittenCount);
        list.Write(_items.WrittenSpan);
        return list.WrittenSpan.ToArray();
    }

    private static void WritePrefix(ArrayBufferWriter<byte> destination, byte offset, int length)
    {
        if (length < 56)
        {
            destination.Write([(byte)(offset + length)]);
            return;
        }

        Span<byte> lengthBytes = [(byte)(length >> 24), (byte)((length >> 16) & 0xFF), (byte)((length >> 8) & 0xFF), (byte)(length & 0xFF)];
        var trimmed = lengthBytes.TrimStart((byte)0);
        destination.Write([(byte)(offset + 55 + trimmed.Length)]);
        destination.Write(trimmed);
    }
}

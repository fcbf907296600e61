using System.Diagnostics.CodeAnalysis;

namespace AgentPay.Chains.Evm;

/// <summary>
/// Many calls in one transaction by the contract Multicall3, which public chains have at one address (multicall3.com). Each call may fail by itself.
/// </summary>
public static class Multicall3
{
    /// <summary>Where the contract is.</summary>
    public static readonly Address Address = Address.Parse("0xca11bde05977b3631167028862be2a173976ca11");

    // Offset, element count: what an array of dynamic tuples begins with.
    private const int WordBytes = UInt256.Bytes;
    private const int TupleHeadBytes = 3 * WordBytes;

    private static readonly byte[] Aggregate3 = AbiWriter.SelectorOf("aggregate3((address,bool,bytes)[])");

    /// <summary>The call of <c>aggregate3</c>, in which each of <paramref name="calls"/> may fail by itself.</summary>
    /// <param name="calls">In order.</param>
    /// <param name="lastMustSucceed">When the last one fails, nothing of what the others did stands.</param>
    public static byte[] Calldata(IReadOnlyList<(Address Target, ReadOnlyMemory<byte> Data)> calls, bool lastMustSucceed = false)
    {
        var tupleBytes = calls.Select(static call => TupleHeadBytes + WordBytes + Padded(call.Data.Length)).ToArray();
        var data = new byte[Aggregate3.Length + (2 * WordBytes) + (calls.Count * WordBytes) + tupleBytes.Sum()];
        Aggregate3.CopyTo(data, 0);
        var body = data.AsSpan(Aggregate3.Length);
        Write(body, 0, WordBytes);
        Write(body, WordBytes, (ulong)calls.Count);
        var array = body[(2 * WordBytes)..];
        var offset = calls.Count * WordBytes;
        for (var i = 0; i < calls.Count; i++)
        {
            Write(array, i * WordBytes, (ulong)offset);
            var tuple = array.Slice(offset, tupleBytes[i]);
            Bytes32.From(calls[i].Target).WriteTo(tuple);
            Write(tuple, WordBytes, lastMustSucceed && i == calls.Count - 1 ? 0UL : 1UL);
            Write(tuple, 2 * WordBytes, TupleHeadBytes);
            Write(tuple, TupleHeadBytes, (ulong)calls[i].Data.Length);
            calls[i].Data.Span.CopyTo(tuple[(TupleHeadBytes + WordBytes)..]);
            offset += tupleBytes[i];
        }

        return data;
    }

    /// <summary>Reads back what <see cref="Calldata"/> wrote; false for anything else.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> calldata, [NotNullWhen(true)] out IReadOnlyList<(Address Target, ReadOnlyMemory<byte> Data)>? calls)
    {
        calls = null;
        if (calldata.Length < Aggregate3.Length + (2 * WordBytes) || !calldata.Span.StartsWith(Aggregate3))
        {
            return false;
        }

        var array = calldata[(Aggregate3.Length + (2 * WordBytes))..];
        if (!TryNumber(calldata, Aggregate3.Length + WordBytes, out var count) || count > array.Length / WordBytes)
        {
            return false;
        }

        var read = new List<(Address, ReadOnlyMemory<byte>)>(count);
        for (var i = 0; i < count; i++)
        {
            if (!TryNumber(array, i * WordBytes, out var at) || !TryNumber(array, at + TupleHeadBytes, out var length)
                || length > array.Length - at - TupleHeadBytes - WordBytes)
            {
                return false;
            }

            read.Add((new Address(array.Span.Slice(at + 12, 20)), array.Slice(at + TupleHeadBytes + WordBytes, length)));
        }

        calls = read;
        return true;
    }

    /// <summary>Reads what <c>aggregate3</c> returned; false when it is not the results of so many calls.</summary>
    public static bool TryReadResults(ReadOnlyMemory<byte> returned, int count, [NotNullWhen(true)] out IReadOnlyList<(bool Succeeded, ReadOnlyMemory<byte> Data)>? results)
    {
        results = null;
        if (!TryNumber(returned, 0, out var start) || !TryNumber(returned, start, out var length) || length != count)
        {
            return false;
        }

        var array = returned[(start + WordBytes)..];
        var read = new List<(bool, ReadOnlyMemory<byte>)>(count);
        for (var i = 0; i < count; i++)
        {
            if (!TryNumber(array, i * WordBytes, out var at) || !TryNumber(array, at, out var succeeded) || !AbiReader.TryReadBytes(array[at..], WordBytes, out var data))
            {
                return false;
            }

            read.Add((succeeded != 0, data));
        }

        results = read;
        return true;
    }

    private static bool TryNumber(ReadOnlyMemory<byte> data, int at, out int number)
    {
        number = 0;
        if (at < 0 || at > data.Length - WordBytes || !new UInt256(data.Span.Slice(at, WordBytes)).TryToUInt64(out var value) || value > (ulong)data.Length)
        {
            return false;
        }

        number = (int)value;
        return true;
    }

    private static void Write(Span<byte> data, int at, ulong number) => ((UInt256)number).WriteTo(data[at..]);

    private static int Padded(int length) => (length + WordBytes - 1) / WordBytes * WordBytes;
}

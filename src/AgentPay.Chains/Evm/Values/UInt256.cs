using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace AgentPay.Chains.Evm;

/// <summary>The EVM's unsigned 256-bit number. Arithmetic is checked: it throws rather than wraps.</summary>
public readonly record struct UInt256(UInt128 High, UInt128 Low) : IComparable<UInt256>
{
    /// <summary>Length in bytes.</summary>
    public const int Bytes = 32;

    /// <summary>Most decimal digits: 2^256 - 1 has 78.</summary>
    public const int DigitsMax = 78;

    private const int DigitsAtOnce = 18;

    /// <summary>A number below 2^128.</summary>
    public UInt256(UInt128 value)
        : this(0, value)
    {
    }

    /// <summary>Takes up to 32 bytes, big-endian.</summary>
    /// <exception cref="ArgumentException">More than 32 bytes.</exception>
    public UInt256(ReadOnlySpan<byte> bigEndian)
        : this(0, 0)
    {
        if (bigEndian.Length > Bytes)
        {
            throw new ArgumentException("At most 32 bytes.", nameof(bigEndian));
        }

        Span<byte> padded = stackalloc byte[Bytes];
        padded.Clear();
        bigEndian.CopyTo(padded[(Bytes - bigEndian.Length)..]);
        High = BinaryPrimitives.ReadUInt128BigEndian(padded);
        Low = BinaryPrimitives.ReadUInt128BigEndian(padded[16..]);
    }

    /// <summary>0.</summary>
    public static UInt256 Zero => default;

    /// <summary>1.</summary>
    public static UInt256 One => new(UInt128.One);

    /// <summary>2^256 - 1.</summary>
    public static UInt256 MaxValue => new(UInt128.MaxValue, UInt128.MaxValue);

    /// <summary>True for 0.</summary>
    public bool IsZero => High == 0 && Low == 0;

    /// <summary>Widens.</summary>
    public static implicit operator UInt256(ulong value) => new((UInt128)value);

    /// <summary>Widens.</summary>
    public static implicit operator UInt256(UInt128 value) => new(value);

    /// <summary>Order of numbers.</summary>
    public static bool operator <(UInt256 left, UInt256 right) => left.CompareTo(right) < 0;

    /// <summary>Order of numbers.</summary>
    public static bool operator >(UInt256 left, UInt256 right) => left.CompareTo(right) > 0;

    /// <summary>Order of numbers.</summary>
    public static bool operator <=(UInt256 left, UInt256 right) => left.CompareTo(right) <= 0;

    /// <summary>Order of numbers.</summary>
    public static bool operator >=(UInt256 left, UInt256 right) => left.CompareTo(right) >= 0;

    /// <summary>The sum.</summary>
    /// <exception cref="OverflowException">It is 2^256 or more.</exception>
    public static UInt256 operator +(UInt256 left, UInt256 right)
    {
        var low = unchecked(left.Low + right.Low);
        var carry = low < left.Low ? UInt128.One : UInt128.Zero;
        return new UInt256(checked(left.High + right.High + carry), low);
    }

    /// <summary>The difference.</summary>
    /// <exception cref="OverflowException">It is below 0.</exception>
    public static UInt256 operator -(UInt256 left, UInt256 right)
    {
        var borrow = left.Low < right.Low ? UInt128.One : UInt128.Zero;
        return new UInt256(checked(left.High - right.High - borrow), unchecked(left.Low - right.Low));
    }

    /// <summary>The difference, or 0 where there is more to take away than there is.</summary>
    public UInt256 LessAtMost(UInt256 taken) => this > taken ? this - taken : Zero;

    /// <summary>The product with a small number.</summary>
    /// <exception cref="OverflowException">It is 2^256 or more.</exception>
    public static UInt256 operator *(UInt256 left, ulong right)
    {
        if (!TryMultiplyAdd(left, right, 0, out var product))
        {
            throw new OverflowException("The product is 2^256 or more.");
        }

        return product;
    }

    /// <summary>The sum.</summary>
    public static UInt256 Add(UInt256 left, UInt256 right) => left + right;

    /// <summary>The difference.</summary>
    public static UInt256 Subtract(UInt256 left, UInt256 right) => left - right;

    /// <summary>The product with a small number.</summary>
    public static UInt256 Multiply(UInt256 left, ulong right) => left * right;

    /// <summary>Reads decimal digits alone, without sign, spaces or leading zeros, up to 2^256 - 1: <c>^(0|[1-9][0-9]{0,77})$</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UInt256 value)
    {
        value = default;
        if (text is null || text.Length is 0 or > DigitsMax || (text[0] == '0' && text.Length > 1) || text.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return false;
        }

        return TryReadDigits(text, out value);
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">Not such a number.</exception>
    public static UInt256 Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException("Must be a decimal number from 0 to 2^256 - 1 without leading zeros.");

    /// <inheritdoc/>
    public int CompareTo(UInt256 other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    /// <summary>The number when it is below 2^64.</summary>
    public bool TryToUInt64(out ulong value)
    {
        var fits = High == 0 && Low <= ulong.MaxValue;
        value = fits ? (ulong)Low : 0;
        return fits;
    }

    /// <summary>Writes 32 bytes, big-endian.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }

    /// <summary>Decimal digits.</summary>
    public override string ToString()
    {
        if (High == 0)
        {
            return Low.ToString(CultureInfo.InvariantCulture);
        }

        Span<byte> bytes = stackalloc byte[Bytes];
        WriteTo(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
    }

    private static bool TryReadDigits(ReadOnlySpan<char> digits, out UInt256 value)
    {
        value = Zero;
        while (!digits.IsEmpty)
        {
            ulong scale = 1;
            ulong chunk = 0;
            var taken = digits[..Math.Min(DigitsAtOnce, digits.Length)];
            foreach (var digit in taken)
            {
                scale *= 10;
                chunk = (chunk * 10) + (ulong)(digit - '0');
            }

            if (!TryMultiplyAdd(value, scale, chunk, out value))
            {
                value = Zero;
                return false;
            }

            digits = digits[taken.Length..];
        }

        return true;
    }

    private static bool TryMultiplyAdd(UInt256 value, ulong factor, ulong addend, out UInt256 result)
    {
        // Schoolbook over 64-bit words: no partial product with its carry exceeds 128 bits.
        var word0 = ((UInt128)(ulong)(value.Low & ulong.MaxValue) * factor) + addend;
        var word1 = ((value.Low >> 64) * factor) + (word0 >> 64);
        var word2 = ((value.High & ulong.MaxValue) * factor) + (word1 >> 64);
        var word3 = ((value.High >> 64) * factor) + (word2 >> 64);
        result = new UInt256((word3 << 64) | (word2 & ulong.MaxValue), (word1 << 64) | (word0 & ulong.MaxValue));
        return word3 >> 64 == 0;
    }
}

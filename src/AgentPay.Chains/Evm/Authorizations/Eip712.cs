using System.Text;

namespace AgentPay.Chains.Evm;

/// <summary>Hashing of typed structured data (EIP-712): structs of static members, with strings and bytes given by their hash.</summary>
public static class Eip712
{
    private const int WordsOnStackMax = 16;

    /// <summary>Hash of a type, for example <c>Mail(address from,string contents)</c>, with the types it refers to appended.</summary>
    public static Bytes32 TypeHash(string encodedType) => HashText(encodedType);

    /// <summary>A string member: Keccak-256 of its UTF-8 bytes.</summary>
    public static Bytes32 HashText(string text) => Bytes32.Keccak(Encoding.UTF8.GetBytes(text));

    /// <summary>Hash of a struct from its type hash and its members as words, in order; nested structs and strings come as their hashes.</summary>
    public static Bytes32 HashStruct(Bytes32 typeHash, ReadOnlySpan<Bytes32> members)
    {
        var length = (members.Length + 1) * Bytes32.Length;
        var data = members.Length < WordsOnStackMax ? stackalloc byte[length] : new byte[length];
        typeHash.WriteTo(data);
        for (var i = 0; i < members.Length; i++)
        {
            members[i].WriteTo(data[((i + 1) * Bytes32.Length)..]);
        }

        return Bytes32.Keccak(data);
    }

    /// <summary>What is signed: 0x19 0x01, the domain separator, the struct's hash.</summary>
    public static Bytes32 Digest(Bytes32 domainSeparator, Bytes32 structHash)
    {
        Span<byte> data = stackalloc byte[2 + (2 * Bytes32.Length)];
        data[0] = 0x19;
        data[1] = 0x01;
        domainSeparator.WriteTo(data[2..]);
        structHash.WriteTo(data[(2 + Bytes32.Length)..]);
        return Bytes32.Keccak(data);
    }
}

namespace AgentPay.Chains.Evm;

/// <summary>What a contract is asked about a signature, and what counts as its yes (ERC-1271).</summary>
internal static class Erc1271
{
    private static readonly byte[] Yes = [0x16, 0x26, 0xba, 0x7e, .. new byte[28]];

    public static byte[] Question(Bytes32 digest, ReadOnlySpan<byte> signature) =>
        new AbiWriter("isValidSignature(bytes32,bytes)").Word(digest).Bytes(signature).ToArray();

    /// <summary>Exactly 0x1626ba7e in one word.</summary>
    public static bool IsYes(ReadOnlySpan<byte> answer) => answer.SequenceEqual(Yes);
}

namespace AgentPay.Chains.Evm;

/// <summary>A block by height or by its standing. The default is <see cref="Latest"/>.</summary>
public readonly record struct BlockTag
{
    private readonly Standing _standing;
    private readonly ulong _number;

    private BlockTag(Standing standing, ulong number = 0)
    {
        _standing = standing;
        _number = number;
    }

    private enum Standing
    {
        Latest,
        Pending,
        Safe,
        Finalized,
        Number,
    }

    /// <summary>The head.</summary>
    public static BlockTag Latest => default;

    /// <summary>The block the node would build now.</summary>
    public static BlockTag Pending => new(Standing.Pending);

    /// <summary>Unlikely to be lost.</summary>
    public static BlockTag Safe => new(Standing.Safe);

    /// <summary>Cannot be lost.</summary>
    public static BlockTag Finalized => new(Standing.Finalized);

    /// <summary>The block at a height.</summary>
    public static BlockTag At(ulong number) => new(Standing.Number, number);

    /// <summary>True for a block at a height, false for a tag.</summary>
    public bool IsHeight => _standing == Standing.Number;

    /// <summary>True for a height that is not above <paramref name="head"/>.</summary>
    public bool IsAtMost(ulong head) => IsHeight && _number <= head;

    /// <summary>As JSON-RPC writes it: a word, or 0x and hexadecimal digits.</summary>
    public override string ToString() => _standing switch
    {
        Standing.Latest => "latest",
        Standing.Pending => "pending",
        Standing.Safe => "safe",
        Standing.Finalized => "finalized",
        Standing.Number => Hex.Quantity(_number),
    };
}

using AgentPay.Domain.Decisions;

namespace AgentPay.Domain.Books;

/// <summary>The expected noes of a transfer, in the order they are looked for.</summary>
public static class BookRefusals
{
    /// <summary>The book has no such asset.</summary>
    public const string UnknownAsset = "unknown_asset";

    /// <summary>An account cannot pay itself.</summary>
    public const string SameAccount = "same_account";

    /// <summary>The account that gives has less, or the issuer would owe more than it may.</summary>
    public const string InsufficientFunds = "insufficient_funds";

    /// <summary>The account that receives would hold more than 2^127-1 atoms.</summary>
    public const string BalanceTooLarge = "balance_too_large";

    internal static readonly Refusal UnknownAssetRefusal = new(UnknownAsset, "The book has no such asset.");
    internal static readonly Refusal SameAccountRefusal = new(SameAccount, "An account cannot pay itself.");
    internal static readonly Refusal InsufficientFundsRefusal = new(InsufficientFunds, "The account that gives has less than the amount.");
    internal static readonly Refusal BalanceTooLargeRefusal = new(BalanceTooLarge, "The account that receives would hold more than 2^127-1 atoms.");

    /// <summary>The refusal of a code that was stored.</summary>
    public static Refusal Of(string code) => code switch
    {
        UnknownAsset => UnknownAssetRefusal,
        SameAccount => SameAccountRefusal,
        InsufficientFunds => InsufficientFundsRefusal,
        BalanceTooLarge => BalanceTooLargeRefusal,
        _ => throw new InvariantBrokenException($"'{code}' is no refusal of a transfer."),
    };
}

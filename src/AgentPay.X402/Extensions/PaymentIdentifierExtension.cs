namespace AgentPay.X402.Extensions;

/// <summary>
/// The extension <c>payment-identifier</c>: the payer names its payment, so that a request repeated after a lost answer is known to be the same.
/// </summary>
public static class PaymentIdentifierExtension
{
    /// <summary>The key under <c>extensions</c>.</summary>
    public const string Name = "payment-identifier";

    /// <summary>What a seller puts into <c>extensions</c> to say that it understands an identifier and demands none.</summary>
    public const string OptionalJson =
        """{"payment-identifier":{"info":{"required":false},"schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"required":{"type":"boolean"},"id":{"type":"string","minLength":16,"maxLength":128,"pattern":"^[a-zA-Z0-9_-]+$"}},"required":["required"]}}}""";

    /// <summary>True for 16 to 128 of <c>a-zA-Z0-9_-</c>.</summary>
    public static bool IsIdentifier(ReadOnlySpan<char> id)
    {
        foreach (var character in id)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-'))
            {
                return false;
            }
        }

        return id.Length is >= 16 and <= 128;
    }
}

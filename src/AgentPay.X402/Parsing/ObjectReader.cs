using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using AgentPay.X402.Amounts;

namespace AgentPay.X402.Parsing;

/// <summary>
/// Reads the members of one JSON object. A member that is missing or wrong is noted in the log under <paramref name="code"/> and read as
/// empty, so a message is read in one straight pass and judged once, by its first fault. Unknown members are not looked at.
/// </summary>
internal readonly struct ObjectReader(JsonElement element, string pointer, string code, FaultLog faults)
{
    /// <summary>The same members, with faults under another code.</summary>
    public ObjectReader WithCode(string other) => new(element, pointer, other, faults);

    /// <summary>True when the member is there and not null.</summary>
    public bool Has(string name) => Find(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public ObjectReader Object(string name)
    {
        var member = Find(name);
        if (member.ValueKind != JsonValueKind.Object)
        {
            Fault(name, "An object is required here.");
            member = default;
        }

        return new ObjectReader(member, Path(name), code, faults);
    }

    /// <summary>The object, or null when it is absent or null; another type is a fault.</summary>
    public ObjectReader? OptionalObject(string name) => Has(name) ? Object(name) : null;

    public string Text(string name, int charactersMax)
    {
        var text = OptionalText(name, charactersMax);
        if (string.IsNullOrEmpty(text))
        {
            Fault(name, "A string that is not empty is required here.");
        }

        return text ?? "";
    }

    /// <summary>The string, or null when it is absent or null; another type is a fault.</summary>
    public string? OptionalText(string name, int charactersMax)
    {
        if (!Has(name))
        {
            return null;
        }

        var member = Find(name);
        if (member.ValueKind != JsonValueKind.String)
        {
            Fault(name, "A string is required here.");
            return null;
        }

        // An escaped character takes six bytes and no form takes more: what is longer is refused before it is copied.
        var raw = JsonMarshal.GetRawUtf8Value(member);
        if (raw.Length > (6 * charactersMax) + 2 || member.GetString() is not { } text || text.Length > charactersMax)
        {
            Fault(name, "The string is too long.");
            return null;
        }

        return text;
    }

    public string Amount(string name)
    {
        var text = Text(name, UnsignedDecimal.UInt256Max.Length);
        if (!UnsignedDecimal.IsCanonical(text))
        {
            Fault(name, "A decimal integer from 0 to 2^256 - 1 without sign or leading zeros is required here, as a string.");
        }

        return text;
    }

    public string Address(string name)
    {
        var text = Text(name, X402Limits.ShortTextMax);
        if (!HexText.IsAddress(text))
        {
            Fault(name, "An address is required here: 0x and 40 hexadecimal digits.");
        }

        return text;
    }

    public string Nonce(string name)
    {
        var text = Text(name, X402Limits.ShortTextMax);
        if (!HexText.IsBytes(text, 32))
        {
            Fault(name, "32 bytes are required here: 0x and 64 hexadecimal digits.");
        }

        return text;
    }

    public string Signature(string name)
    {
        var text = Text(name, 2 + (2 * X402Limits.SignatureBytesMax));
        if (!HexText.IsBytesUpTo(text, X402Limits.SignatureBytesMax))
        {
            Fault(name, "A signature is required here: 0x and at most 8,192 bytes in hexadecimal.");
        }

        return text;
    }

    /// <summary>A whole number of seconds by its token: <c>60.0</c>, <c>6e1</c> and <c>"60"</c> are none.</summary>
    public int Seconds(string name, int max)
    {
        var member = Find(name);
        if (member.ValueKind == JsonValueKind.Number
            && int.TryParse(JsonMarshal.GetRawUtf8Value(member), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= 1 && seconds <= max)
        {
            return seconds;
        }

        Fault(name, "A whole number of seconds is required here, from 1 to 31,536,000.");
        return 0;
    }

    /// <summary>The version by its token, so that <c>"2"</c>, <c>2.0</c> and <c>2e0</c> are none; null with a fault otherwise.</summary>
    public X402Version? Version(string name)
    {
        var member = Find(name);
        if (member.ValueKind == JsonValueKind.Number)
        {
            var token = JsonMarshal.GetRawUtf8Value(member);
            if (token.SequenceEqual("2"u8))
            {
                return X402Version.V2;
            }

            if (token.SequenceEqual("1"u8))
            {
                return X402Version.V1;
            }
        }

        Fault(name, "The number 1 or 2 is required here.");
        return null;
    }

    /// <summary>True when the member is there, whatever its value, null included.</summary>
    public bool IsPresent(string name) => Find(name).ValueKind != JsonValueKind.Undefined;

    /// <summary>The whole object as JSON text.</summary>
    public string Raw() => element.ValueKind == JsonValueKind.Object ? element.GetRawText() : "{}";

    public void Fault(string name, string detail) => faults.Add(code, Path(name), detail);

    private string Path(string name) => $"{pointer}/{name}";

    private JsonElement Find(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;
}

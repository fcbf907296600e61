using System.Text.Json;
using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests;

/// <summary>The golden vectors beside this file; the folder generate/ holds the scripts that made them.</summary>
internal static class Vectors
{
    public static readonly JsonElement Crypto = Read("crypto.json");
    public static readonly JsonElement Evm = Read("evm.json");
    public static readonly JsonElement Erc6492 = Read("erc6492.json");

    public static byte[] Unhex(this JsonElement text) => Unhex(text.GetString()!);

    public static byte[] Unhex(string text) => Convert.FromHexString(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text);

    public static Address Address(this JsonElement text) => Chains.Evm.Address.Parse(text.GetString()!);

    public static UInt256 Number(this JsonElement text) => UInt256.Parse(text.ValueKind == JsonValueKind.Number ? text.GetRawText() : text.GetString()!);

    private static JsonElement Read(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", file))).RootElement;
}

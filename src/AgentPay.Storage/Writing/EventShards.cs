using System.Globalization;
using System.Text;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Writing;

/// <summary>The event logs of work without an account.</summary>
internal static class EventShards
{
    private static readonly string[] _names =
        [.. Enumerable.Range(0, StoreLimits.EventShards).Select(number => string.Create(CultureInfo.InvariantCulture, $"shard:{number}"))];

    internal static string Of(string @object) => _names[Number(@object)];

    /// <summary>By FNV-1a over the text's UTF-8: the same in every process and version, for it decides where rows are found.</summary>
    internal static int Number(string text) => (int)(Hash(text) % StoreLimits.EventShards);

    internal static uint Hash(string text)
    {
        Span<byte> small = stackalloc byte[256];
        var octets = text.Length <= 85 ? small : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var hash = 2_166_136_261u;
        foreach (var octet in octets[..Encoding.UTF8.GetBytes(text, octets)])
        {
            hash = unchecked((hash ^ octet) * 16_777_619u);
        }

        return hash;
    }
}

using System.Globalization;
using System.Reflection;
using AgentPay.Domain.Decisions;

namespace AgentPay.Storage.Writing;

/// <summary>A numbered script that this program carries.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Name">Its file name, which begins with the number.</param>
/// <param name="Text">The SQL.</param>
internal sealed record MigrationScript(int Number, string Name, string Text)
{
    internal static IReadOnlyList<MigrationScript> Under(string prefix)
    {
        var program = Assembly.GetExecutingAssembly();
        List<MigrationScript> scripts = [.. program.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Read(program, name, name[prefix.Length..]))];
        Invariant.That(scripts.Select(script => script.Number).SequenceEqual(Enumerable.Range(1, scripts.Count)), "Migrations are numbered from 1 without gaps.");
        return scripts;
    }

    private static MigrationScript Read(Assembly program, string resource, string name)
    {
        using var stream = program.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return new MigrationScript(int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name, reader.ReadToEnd());
    }
}

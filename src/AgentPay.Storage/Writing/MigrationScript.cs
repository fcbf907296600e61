using System.Globalization;
using System.Reflection;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

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

    /// <summary>Holds what a store records of its scripts against those of this program: of another line's scripts the numbers say nothing.</summary>
    /// <param name="store">What it is, for people.</param>
    /// <param name="recorded">What was applied, in the order of the numbers.</param>
    /// <param name="scripts">This program's.</param>
    /// <returns>The newest number; 0 when nothing was applied.</returns>
    /// <exception cref="StoreUnavailableException">The store was written by a newer program, or by one with other scripts.</exception>
    internal static int Check(string store, IReadOnlyList<(int Number, string Name)> recorded, IReadOnlyList<MigrationScript> scripts)
    {
        var newest = recorded.Count == 0 ? 0 : recorded[^1].Number;
        if (newest > scripts.Count)
        {
            throw new StoreUnavailableException($"{store} was written by a newer program: its schema is {newest}, this program knows {scripts.Count}.");
        }

        foreach (var (number, name) in recorded.Where(applied => scripts[applied.Number - 1].Name != applied.Name))
        {
            throw new StoreUnavailableException(
                $"{store} was written by another line of this program: its script {number} is {name}, here it is {scripts[number - 1].Name}. Open it with the program that wrote it, or begin with an empty one.");
        }

        return newest;
    }

    private static MigrationScript Read(Assembly program, string resource, string name)
    {
        using var stream = program.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return new MigrationScript(int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name, reader.ReadToEnd());
    }
}

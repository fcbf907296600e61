#if !ORLEANS
using System.Reflection;

namespace AgentPay.EmbeddedSilo.Tests.Signatures;

public sealed class SignatureTests
{
    private static readonly SortedDictionary<string, ApiType> Ours = PublicApi.Read(typeof(Grain).Assembly.Location);

    [Fact]
    public void Every_signature_in_a_namespace_of_Orleans_is_one_of_Orleans()
    {
        var real = RealTypes();
        var differences = Ours.SelectMany(pair => Differences(pair.Key, pair.Value, real.GetValueOrDefault(pair.Key))).ToArray();
        Assert.True(differences.Length == 0, string.Join('\n', differences));
    }

    [Fact]
    public void The_host_declares_nothing_in_a_namespace_of_Orleans() => Assert.Empty(PublicApi.Read(typeof(SiloHost).Assembly.Location).Keys);

    [Fact]
    public void What_is_listed_by_hand_is_needed_and_not_in_the_real_assembly()
    {
        var real = PublicApi.Read(RealAssembly());
        Assert.All(ByHand().Keys, name =>
        {
            Assert.Contains(name, Ours.Keys);
            Assert.DoesNotContain(name, real.Keys);
        });
    }

    [Fact]
    public void A_difference_is_found()
    {
        var real = new ApiType("Sealed Orleans.A", new SortedSet<string> { "public Void Run(Int32 times)" });
        var ours = new ApiType("Abstract Orleans.A", new SortedSet<string> { "public Void Run(Int32 count)" });
        Assert.Equal(
            ["Orleans.A\n  ours: Abstract Orleans.A\n  real: Sealed Orleans.A", "Orleans.A\n  ours: public Void Run(Int32 count)\n  real: public Void Run(Int32 times)"],
            Differences("Orleans.A", ours, real));
        Assert.Equal(["Orleans.A is no type of Orleans."], Differences("Orleans.A", ours, null));
        Assert.Empty(Differences("Orleans.A", real, real));
    }

    private static IEnumerable<string> Differences(string name, ApiType ours, ApiType? real)
    {
        if (real is null)
        {
            yield return $"{name} is no type of Orleans.";
            yield break;
        }
        if (ours.Head != real.Head)
        {
            yield return $"{name}\n  ours: {ours.Head}\n  real: {real.Head}";
        }
        foreach (var member in ours.Members.Except(real.Members))
        {
            var called = member.Split('(')[0].Split(' ')[^1];
            var candidates = real.Members.Where(each => each.Split('(')[0].Split(' ')[^1] == called);
            yield return $"{name}\n  ours: {member}{string.Concat(candidates.Select(each => $"\n  real: {each}"))}";
        }
    }

    private static SortedDictionary<string, ApiType> RealTypes()
    {
        var types = PublicApi.Read(RealAssembly());
        foreach (var (name, type) in ByHand())
        {
            types.TryAdd(name, type);
        }
        return types;
    }

    private static string RealAssembly()
        => typeof(SignatureTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "RealOrleans").Value!;

    /// <summary>Types of assemblies that are not downloaded: a line with the Orleans source file, the head, and an indented line a member.</summary>
    private static Dictionary<string, ApiType> ByHand()
    {
        using var stream = typeof(SignatureTests).Assembly.GetManifestResourceStream("Elsewhere.txt")!;
        using var text = new StreamReader(stream);
        var types = new Dictionary<string, ApiType>();
        var members = new SortedSet<string>();
        while (text.ReadLine() is { } line)
        {
            if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                members.Add(line.Trim());
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                members = new SortedSet<string>(StringComparer.Ordinal);
                types.Add(line.Split([' ', '<']).First(word => word.StartsWith("Orleans.", StringComparison.Ordinal)), new ApiType(line, members));
            }
        }
        return types;
    }
}
#endif

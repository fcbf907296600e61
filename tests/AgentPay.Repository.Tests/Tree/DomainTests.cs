using System.Text.RegularExpressions;
#if !ORLEANS
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using AgentPay.Domain.Settlements;
#endif

namespace AgentPay.Repository.Tests.Tree;

/// <summary>The domain decides; it does not run, measure time or compute with fractions.</summary>
public sealed partial class DomainTests
{
#if !ORLEANS
    private static readonly Assembly Domain = typeof(Settlement).Assembly;

    [Fact]
    public void The_domain_knows_of_the_grain_model_only_its_attributes()
    {
        using var file = new PEReader(File.OpenRead(Domain.Location));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Where(type => metadata.GetString(type.Namespace).StartsWith("Orleans", StringComparison.Ordinal)).Select(type => metadata.GetString(type.Name));
        Assert.All(types, name => Assert.EndsWith("Attribute", name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_domain_references_nothing_that_runs() => Assert.All(
        Domain.GetReferencedAssemblies(),
        reference => Assert.Matches(@"^(System\.(Runtime|Collections|Collections\.Immutable|Linq|Memory|Text\.Json|Text\.Encodings\.Web|Runtime\.Numerics|Text\.RegularExpressions)|AgentPay\.EmbeddedSilo\.Abstractions)$", reference.Name));
#endif

    [Fact]
    public void The_domain_has_no_fractions() => Findings.None(Lines(Fraction()));

    [Fact]
    public void The_domain_has_no_clock_no_chance_and_no_waiting() => Findings.None(Lines(OutsideWorld()));

    private static IEnumerable<string> Lines(Regex pattern) =>
        WorkTree.Code("src/AgentPay.Domain/").SelectMany(path => WorkTree.ReadLines(path)
            .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && pattern.IsMatch(line)).Select(line => $"{path}: {line.Trim()}"));

    [GeneratedRegex(@"\b(double|float|decimal|Double|Single|Decimal|Half)\b")]
    private static partial Regex Fraction();

    [GeneratedRegex(@"\b(TimeProvider|Stopwatch|UtcNow|TickCount|Random|NewGuid|CreateVersion7|Task|await|async|HttpClient|File)\b")]
    private static partial Regex OutsideWorld();
}

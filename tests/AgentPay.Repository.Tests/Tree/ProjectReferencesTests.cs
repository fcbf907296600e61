using System.Xml.Linq;

namespace AgentPay.Repository.Tests.Tree;

/// <summary>Which project may know which: the direction of every arrow in docs/ARCHITECTURE.md.</summary>
public sealed class ProjectReferencesTests
{
    private const string Allowed = """
        AgentPay.Domain                     | (grain model)
        AgentPay.X402                       |
        AgentPay.Chains                     | Domain X402
        AgentPay.Storage                    | Domain
        AgentPay.EmbeddedSilo.Abstractions  |
        AgentPay.EmbeddedSilo               | EmbeddedSilo.Abstractions
        AgentPay.Grains                     | Domain X402 Chains Storage (grain model)
        AgentPay.Api                        | Domain X402 Grains (grain model)
        AgentPay.Silo                       | Domain X402 Chains Storage Grains Api (grain model) (host)
        """;

    [Fact]
    public void A_project_references_only_what_its_row_allows()
    {
        var rows = Allowed.Split('\n').Select(row => row.Split('|')).ToDictionary(cells => cells[0].Trim(), cells => cells[1]);
        var projects = WorkTree.Files.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)).ToArray();
        Assert.Equal(rows.Keys.Order(), projects.Select(path => Path.GetFileNameWithoutExtension(path)).Order());
        foreach (var path in projects)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var project = XDocument.Parse(WorkTree.Read(path));
            var wanted = project.Descendants("ProjectReference").Select(item => Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value)["AgentPay.".Length..])
                .Concat(project.Descendants("UsesGrainModel").Select(_ => "(grain model)"))
                .Concat(project.Descendants("HostsGrains").Select(_ => "(host)"));
            var allowed = rows[name].Replace("(grain model)", "(grain_model)", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.Replace('_', ' ')).ToHashSet();
            Assert.All(wanted, reference => Assert.True(allowed.Contains(reference), $"{name} must not reference {reference}."));
        }
    }

    [Theory]
    [InlineData("src/AgentPay.Domain/AgentPay.Domain.csproj")]
    [InlineData("src/AgentPay.X402/AgentPay.X402.csproj")]
    public void The_rules_stand_on_no_package_and_no_framework(string project)
    {
        var xml = XDocument.Parse(WorkTree.Read(project));
        Assert.Empty(xml.Descendants("PackageReference"));
        Assert.Empty(xml.Descendants("FrameworkReference"));
    }

    [Fact]
    public void Public_members_are_documented_or_the_build_fails()
    {
        Assert.Contains("<GenerateDocumentationFile>true<", WorkTree.Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.Contains("<TreatWarningsAsErrors>true<", WorkTree.Read("Directory.Build.props"), StringComparison.Ordinal);
        var silenced = WorkTree.Files.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(path => WorkTree.Read(path).Contains("CS1591", StringComparison.Ordinal));
        Assert.Empty(silenced);
    }
}

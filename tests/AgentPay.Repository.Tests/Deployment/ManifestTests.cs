using System.Globalization;
using System.Text.RegularExpressions;
using AgentPay.Repository.Tests.Reference;
using AgentPay.Repository.Tests.Tree;
using AgentPay.Storage.Postgres;
using YamlDotNet.RepresentationModel;
using EngineProgram = AgentPay.Silo.Composition.Engine;

namespace AgentPay.Repository.Tests.Deployment;

/// <summary>What can be known of deploy/ and the image without running them.</summary>
public sealed partial class ManifestTests
{
    /// <summary>PostgreSQL's default max_connections, less those it keeps for superusers.</summary>
    private const int PostgresConnections = 97;
    private const int ClusterConnections = 4;
    private static readonly string _dockerfile = WorkTree.Read("Dockerfile");

    [Fact]
    public void Every_document_says_what_it_is() => Assert.All(Manifest.Kubernetes, manifest =>
    {
        Assert.All(["apiVersion", "kind", "metadata.name"], path => Assert.NotEqual("", manifest.Text(path)));
        Assert.Equal(manifest.Kind is "Role" or "RoleBinding" ? "agentpay-pods" : "agentpay", manifest.Text("metadata.name"));
    });

    [Fact]
    public void Every_setting_that_is_set_exists()
    {
        var settings = ReferencePage.Rows("docs/reference/settings.md").Keys;
        var set = Manifest.Compose.Entries("x-engine.environment").Select(entry => entry.Name)
            .Concat(Manifest.Kubernetes.Where(manifest => manifest.Kind == "Deployment").SelectMany(manifest => manifest.List("spec.template.spec.containers.0.env")).Select(entry => entry.Text("name")))
            .Concat(DockerSetting().Matches(_dockerfile).Select(match => match.Value))
            .Where(name => name.StartsWith("AgentPay__", StringComparison.Ordinal)).Distinct().ToArray();
        Assert.True(set.Length > 10);
        Findings.None(set.Where(name => !settings.Contains(Place().Replace(name.Replace("__", ":", StringComparison.Ordinal), ":n"))));
    }

    [Fact]
    public void Secrets_are_referred_to_and_never_written()
    {
        var secrets = new[] { "AgentPay__Postgres", "SignerKeys__", "Facilitator__Keys", "Book__Keys" };
        Assert.All(Manifest.Engines.SelectMany(engine => engine.List("spec.template.spec.containers.0.env")), entry =>
            Assert.True(!secrets.Any(secret => entry.Text("name").Contains(secret, StringComparison.Ordinal)) || entry.Find("valueFrom.secretKeyRef") is not null, entry.Text("name")));
        Findings.None(WorkTree.Files.Where(file => file.StartsWith("deploy/", StringComparison.Ordinal)).Where(file => KeyOrPassword().IsMatch(WorkTree.Read(file))));
    }

    [Fact]
    public void Probes_ask_what_the_engine_answers_at_the_port_it_listens_on()
    {
        var answered = WorkTree.Read("docs/reference/http.md");
        foreach (var engine in Manifest.Engines)
        {
            var ports = engine.List("spec.template.spec.containers.0.ports").ToDictionary(port => port.Text("name"), port => port.Number("containerPort"));
            foreach (var (probe, path) in new[] { ("startup", "/health/live"), ("liveness", "/health/live"), ("readiness", "/health/ready") })
            {
                var get = $"spec.template.spec.containers.0.{probe}Probe.httpGet";
                Assert.Equal(path, engine.Text(get + ".path"));
                Assert.Contains($"| `GET {path}` |", answered, StringComparison.Ordinal);
                Assert.Equal(4020, ports[engine.Text(get + ".port")]);
            }

            Assert.All(ports.Values, port => Assert.Contains(port.ToString(CultureInfo.InvariantCulture), Exposed()));
        }

        Assert.Contains("ASPNETCORE_URLS=http://0.0.0.0:4020", _dockerfile, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1/4020", _dockerfile, StringComparison.Ordinal);
        Assert.Contains("GET /health/live ", _dockerfile, StringComparison.Ordinal);
        Assert.Contains("silo-1:4020 silo-2:4020", WorkTree.Read("deploy/compose/Caddyfile"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_has_longer_than_the_engine_takes()
    {
        Assert.All(Manifest.Engines, engine =>
        {
            var quiet = engine.Number("spec.template.spec.containers.0.lifecycle.preStop.sleep.seconds");
            Assert.True(engine.Number("spec.template.spec.terminationGracePeriodSeconds") > quiet + EngineProgram.StopTimeMax.TotalSeconds, engine.File);
        });
        Assert.True(int.Parse(Manifest.Compose.Text("x-engine.stop_grace_period").TrimEnd('s'), CultureInfo.InvariantCulture) > EngineProgram.StopTimeMax.TotalSeconds);
    }

    [Fact]
    public void The_embedded_engine_is_one_and_ends_before_the_next_begins()
    {
        var engine = Manifest.Of("embedded", "Deployment");
        Assert.Equal((1, "Recreate"), (engine.Number("spec.replicas"), engine.Text("spec.strategy.type")));
        Assert.Equal("agentpay:embedded", engine.Text("spec.template.spec.containers.0.image"));
        Assert.Equal("ReadWriteOnce", Manifest.Of("embedded", "PersistentVolumeClaim").Text("spec.accessModes.0"));
        Assert.DoesNotContain(Manifest.Kubernetes, manifest => manifest.Kind == "HorizontalPodAutoscaler" && manifest.File.Contains("/embedded/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cluster_never_has_fewer_silos_than_it_began_with_nor_more_than_its_database_takes()
    {
        var (engine, scale) = (Manifest.Of("cluster", "Deployment"), Manifest.Of("cluster", "HorizontalPodAutoscaler"));
        Assert.Equal(("RollingUpdate", 0), (engine.Text("spec.strategy.type"), engine.Number("spec.strategy.rollingUpdate.maxUnavailable")));
        Assert.True(engine.Number("spec.replicas") >= 2 && scale.Number("spec.minReplicas") >= 2 && Manifest.Of("cluster", "PodDisruptionBudget").Number("spec.minAvailable") >= 1);
        var connections = new PostgresStoreOptions { ConnectionString = "" }.ConnectionsMax + ClusterConnections;
        Assert.True((scale.Number("spec.maxReplicas") + engine.Number("spec.strategy.rollingUpdate.maxSurge")) * connections <= PostgresConnections);
    }

    [Fact]
    public void The_silos_own_ports_are_open_to_silos_alone()
    {
        var rules = Manifest.Of("cluster", "NetworkPolicy").List("spec.ingress").ToArray();
        var open = Assert.Single(rules, rule => rule.Find("from") is null);
        Assert.Equal(["http"], open.List("ports").Select(port => port.Text("port")));
        Assert.DoesNotContain("11111", WorkTree.Read("deploy/compose/compose.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Selectors_find_the_pods()
    {
        var labels = Manifest.Engines.ToDictionary(engine => Path.GetDirectoryName(engine.File)!, engine => Labels(engine, "spec.template.metadata.labels"));
        foreach (var manifest in Manifest.Kubernetes.Where(manifest => labels.ContainsKey(Path.GetDirectoryName(manifest.File)!)))
        {
            var wanted = manifest.Kind switch
            {
                "Service" => Labels(manifest, "spec.selector"),
                "Deployment" or "PodDisruptionBudget" => Labels(manifest, "spec.selector.matchLabels"),
                "NetworkPolicy" => Labels(manifest, "spec.podSelector.matchLabels"),
                _ => [],
            };
            Assert.Subset(labels[Path.GetDirectoryName(manifest.File)!].ToHashSet(), wanted.ToHashSet());
            Assert.True(wanted.Length > 0 || manifest.Kind is "HorizontalPodAutoscaler" or "PersistentVolumeClaim", manifest.Kind);
        }
    }

    [Fact]
    public void The_image_is_the_clusters_runs_without_root_and_has_the_libraries()
    {
        Assert.Contains("ARG GrainRuntime=Orleans", _dockerfile, StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", _dockerfile, StringComparison.Ordinal);
        var libraries = NeededLibrary().Matches(WorkTree.Read("tests/prepare")).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(3, libraries.Length);
        Assert.All(libraries, library => Assert.Contains(library, _dockerfile, StringComparison.Ordinal));
        Assert.All(BaseImage().Matches(_dockerfile), match => Assert.NotEqual("latest", match.Groups[1].Value));
        Assert.Equal("agentpay:cluster", Manifest.Compose.Text("x-engine.image"));
        Assert.Equal("Orleans", Manifest.Compose.Text("x-engine.build.args.GrainRuntime"));
    }

    private static (string Name, string Value)[] Labels(Manifest manifest, string path) => [.. manifest.Entries(path).Select(entry => (entry.Name, ((YamlScalarNode)entry.Value).Value!))];

    private static string[] Exposed() => ExposedPorts().Match(_dockerfile).Groups[1].Value.Split(' ');

    [GeneratedRegex(@"AgentPay__\w+")]
    private static partial Regex DockerSetting();

    [GeneratedRegex(@":\d+(?=:|$)")]
    private static partial Regex Place();

    [GeneratedRegex(@"0x[0-9a-fA-F]{64}|Password=(?!\$\{)|BEGIN [A-Z ]*PRIVATE KEY")]
    private static partial Regex KeyOrPassword();

    [GeneratedRegex(@"EXPOSE ([\d ]+)\n")]
    private static partial Regex ExposedPorts();

    [GeneratedRegex(@"need_library \S+ (lib\S+)")]
    private static partial Regex NeededLibrary();

    [GeneratedRegex(@"FROM [\w./\-]+:(\S+)")]
    private static partial Regex BaseImage();
}

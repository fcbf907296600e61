using System.Globalization;
using AgentPay.Repository.Tests.Tree;
using YamlDotNet.RepresentationModel;

namespace AgentPay.Repository.Tests.Deployment;

/// <summary>One document of a YAML file under deploy/, read by dotted paths; a number in a path is a place in a list.</summary>
internal sealed class Manifest(string file, YamlNode root)
{
    public static IReadOnlyList<Manifest> Kubernetes { get; } = [.. Under("deploy/kubernetes/")];

    public static Manifest Compose { get; } = Read("deploy/compose/compose.yaml").Single();

    public string File => file;

    public string Kind => Text("kind");

    /// <summary>Documents that run the engine and are whole, not laid over another.</summary>
    public static IEnumerable<Manifest> Engines => Kubernetes.Where(manifest => manifest.Kind == "Deployment" && manifest.Find("spec.selector") is not null);

    public static Manifest Of(string folder, string kind) => Kubernetes.Single(manifest => manifest.File.Contains($"/{folder}/", StringComparison.Ordinal) && manifest.Kind == kind);

    public static IEnumerable<Manifest> Read(string file)
    {
        using var text = new StringReader(WorkTree.Read(file));
        var stream = new YamlStream();
        stream.Load(text);
        return [.. stream.Documents.Select(document => new Manifest(file, document.RootNode))];
    }

    public YamlNode? Find(string path) => path.Split('.').Aggregate<string, YamlNode?>(root, (node, name) => node switch
    {
        YamlMappingNode map => Child(map, name) ?? (Child(map, "<<") is YamlMappingNode below ? Child(below, name) : null),
        YamlSequenceNode list when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < list.Children.Count => list.Children[place],
        _ => null,
    });

    public string Text(string path) => Find(path) is YamlScalarNode { Value: { } value } ? value : throw new KeyNotFoundException($"{File} has no {path}.");

    public int Number(string path) => int.Parse(Text(path), CultureInfo.InvariantCulture);

    /// <summary>Every name and value of a mapping.</summary>
    public IEnumerable<(string Name, YamlNode Value)> Entries(string path) =>
        Find(path) is YamlMappingNode map ? map.Children.Select(child => (((YamlScalarNode)child.Key).Value!, child.Value)) : [];

    /// <summary>Everything in a list, each as a document of its own.</summary>
    public IEnumerable<Manifest> List(string path) => Find(path) is YamlSequenceNode list ? list.Children.Select(child => new Manifest(File, child)) : [];

    private static IEnumerable<Manifest> Under(string folder) => WorkTree.Files
        .Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.EndsWith(".yaml", StringComparison.Ordinal)).SelectMany(Read);

    private static YamlNode? Child(YamlMappingNode map, string name) => map.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;
}

using System.Text.Json;
using System.Text.Json.Nodes;
using AgentPay.Repository.Tests.Engine;
using AgentPay.Repository.Tests.Tree;

namespace AgentPay.Repository.Tests.Contracts;

[Collection("engine")]
public sealed class OpenApiTests(RunningEngine engine)
{
    private const string Kept = "openapi/agentpay.v1.json";
    private const string Breaks = "openapi/breaks.md";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_document_is_the_one_kept_in_the_file()
    {
        var document = await ReadAsync();
        document.Remove("servers");
        var changes = ApiChanges.Between(JsonNode.Parse(WorkTree.Read(Kept))!, document);
        var named = string.Join('\n', WorkTree.ReadLines(Breaks).Where(line => line.StartsWith("| `", StringComparison.Ordinal)));
        var unnamed = changes.Breaks.Where(place => !named.Contains($"| `{place}` |", StringComparison.Ordinal)).ToArray();
        Assert.True(unnamed.Length == 0, $"Clients of yesterday break on these; name each with its reason in {Breaks}:\n{string.Join('\n', unnamed)}");
        Snapshot.Compare(Kept, document.ToJsonString(Indented) + "\n");
    }

    [Fact]
    public void Every_break_has_a_reason()
    {
        var rows = WorkTree.ReadLines(Breaks).Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.All(rows, row => Assert.True(row.Split('|') is [_, _, var reason, _] && reason.Trim().Length >= 10, row));
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_an_example_and_a_problem_where_it_can_fail()
    {
        var document = await ReadAsync();
        Assert.StartsWith("3.1", document["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        var names = new HashSet<string>();
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                var where = $"{method} {path}";
                Assert.True(names.Add(operation!["operationId"]!.GetValue<string>()), where);
                Assert.False(string.IsNullOrWhiteSpace(operation["summary"]?.GetValue<string>()), where);
                var responses = operation["responses"]!.AsObject();
                Assert.All(responses, response => Assert.False(string.IsNullOrWhiteSpace(response.Value!["description"]?.GetValue<string>()), where));
                var success = responses["200"]!["content"]?["application/json"];
                Assert.True(success?["schema"] is not null && success["example"] is not null, $"{where} has no schema or example of its answer.");
                Assert.True(path == "/health/live" || responses.Any(response => response.Key[0] is '4' or '5'), $"{where} names no answer of failure.");
            }
        }
    }

    private async Task<JsonObject> ReadAsync()
    {
        using var http = new HttpClient();
        return JsonNode.Parse(await http.GetStringAsync(new Uri(engine.Url, "/openapi/agentpay.v1.json"), TestContext.Current.CancellationToken))!.AsObject();
    }
}

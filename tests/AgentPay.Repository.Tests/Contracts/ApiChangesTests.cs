using System.Text.Json.Nodes;

namespace AgentPay.Repository.Tests.Contracts;

public sealed class ApiChangesTests
{
    private const string Kept = """
        {"paths":{"/a":{"get":{"summary":"A.","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
        "responses":{"200":{"description":"OK"}}}}},
        "components":{"schemas":{"A":{"type":"object","required":["x"],"properties":{"x":{"type":"string","enum":["p","q"]},"example":{"type":"string"}}}}}}
        """;

    [Theory]
    [InlineData("\"/a\":{\"get\"", "\"/b\":{},\"/a\":{\"get\"", "/paths/~1b")]
    [InlineData("\"200\":", "\"404\":{},\"200\":", "/paths/~1a/get/responses/404")]
    [InlineData("\"A.\"", "\"Another.\"", "/paths/~1a/get/summary")]
    [InlineData("\"properties\":{", "\"properties\":{\"y\":{\"type\":\"string\"},", "/components/schemas/A/properties/y")]
    [InlineData("[\"p\",\"q\"]", "[\"q\",\"p\",\"r\"]", "/components/schemas/A/properties/x/enum/r")]
    [InlineData("\"parameters\":[", "\"parameters\":[{\"name\":\"n\",\"in\":\"query\"},", "/paths/~1a/get/parameters/n")]
    public void What_a_client_may_go_on_without_is_an_addition(string old, string young, string place)
    {
        var changes = Change(old, young);
        Assert.Equal([place], changes.Additions);
        Assert.Empty(changes.Breaks);
    }

    [Theory]
    [InlineData("\"/a\"", "\"/b\"", "/paths/~1a")]
    [InlineData("\"200\"", "\"201\"", "/paths/~1a/get/responses/200")]
    [InlineData("{\"type\":\"string\",\"enum\"", "{\"type\":\"integer\",\"enum\"", "/components/schemas/A/properties/x/type")]
    [InlineData("[\"p\",\"q\"]", "[\"p\"]", "/components/schemas/A/properties/x/enum/q")]
    [InlineData("[\"x\"]", "[]", "/components/schemas/A/required/x")]
    [InlineData("\"example\":{\"type\":\"string\"}", "\"z\":{\"type\":\"string\"}", "/components/schemas/A/properties/example")]
    [InlineData("\"parameters\":[", "\"parameters\":[{\"name\":\"n\",\"in\":\"query\",\"required\":true},", "/paths/~1a/get/parameters/n")]
    [InlineData("\"schema\":{\"type\":\"string\"}", "\"schema\":{\"type\":\"string\",\"pattern\":\"^a$\"}", "/paths/~1a/get/parameters/id/schema/pattern")]
    public void What_stops_a_client_of_yesterday_is_a_break(string old, string young, string place) =>
        Assert.Contains(place, Change(old, young).Breaks);

    private static ApiChanges Change(string old, string young)
    {
        Assert.Contains(old, Kept, StringComparison.Ordinal);
        return ApiChanges.Between(JsonNode.Parse(Kept)!, JsonNode.Parse(Kept.Replace(old, young, StringComparison.Ordinal))!);
    }
}

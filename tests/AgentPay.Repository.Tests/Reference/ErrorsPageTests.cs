using System.Globalization;
using System.Reflection;
using AgentPay.Api.Problems;
using AgentPay.Domain.Books;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.X402;

namespace AgentPay.Repository.Tests.Reference;

public sealed class ErrorsPageTests
{
    private const string Page = "docs/reference/errors.md";

    /// <summary>Answered with the status the server found, so it has no one status.</summary>
    private const string AnyStatus = "malformed_request";

    [Fact]
    public void Every_code_has_a_row_and_every_row_a_code() =>
        Assert.Equal(Problems().Select(problem => problem.Code).Concat(Codes()).Distinct().Order(), ReferencePage.Rows(Page).Keys.Order());

    [Fact]
    public void A_problems_row_says_its_status()
    {
        var rows = ReferencePage.Rows(Page);
        Assert.All(Problems().Where(problem => problem.Code != AnyStatus),
            problem => Assert.Contains($"| {problem.Status.ToString(CultureInfo.InvariantCulture)} |", rows[problem.Code], StringComparison.Ordinal));
    }

    private static IEnumerable<string> Codes() => new[] { typeof(ErrorCodes), typeof(SettlementRefusals), typeof(BookRefusals) }
        .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

    private static IEnumerable<Problem> Problems()
    {
        var fields = typeof(Catalogue).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<Problem>();
        var methods = typeof(Catalogue).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.ReturnType == typeof(Problem))
            .Select(method => (Problem)method.Invoke(null, [.. method.GetParameters().Select(Sample)])!);
        return fields.Concat(methods);
    }

    private static object? Sample(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(string) => "text",
        var type when type == typeof(int) => 400,
        var type when type == typeof(TimeSpan) => TimeSpan.FromSeconds(1),
        var type when type == typeof(Refusal) => BookRefusals.Of(BookRefusals.InsufficientFunds),
        _ => throw new NotSupportedException($"Give {parameter.ParameterType} a sample here."),
    };
}

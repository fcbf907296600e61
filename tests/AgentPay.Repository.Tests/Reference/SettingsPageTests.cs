using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using AgentPay.Api.Books;
using AgentPay.Api.Demo;
using AgentPay.Api.Facilitator;
using AgentPay.Api.Payments;
using AgentPay.Grains.Books;
using AgentPay.Grains.Facilitator;

namespace AgentPay.Repository.Tests.Reference;

public sealed class SettingsPageTests
{
    private static readonly (string Path, Type Type)[] Sections =
    [
        ("AgentPay", Silo("EngineSettings")),
        ("AgentPay:Cluster", Silo("ClusterSettings")),
        ("AgentPay", typeof(SellerSettings)),
        ("AgentPay:Facilitator", typeof(FacilitatorSettings)),
        ("AgentPay:Facilitator", typeof(FacilitatorAccessSettings)),
        ("AgentPay:Book", typeof(BookSettings)),
        ("AgentPay:Book", typeof(BookAccessSettings)),
        ("AgentPay:Demo", typeof(DemoSettings)),
    ];

    [Fact]
    public void Every_setting_has_a_row_and_every_row_a_setting()
    {
        var rows = ReferencePage.Rows("docs/reference/settings.md");
        Assert.Equal(Settings().Select(setting => setting.Name).Distinct().Order(), rows.Keys.Where(name => name.StartsWith("AgentPay:", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void A_row_says_the_default_and_the_range()
    {
        var rows = ReferencePage.Rows("docs/reference/settings.md");
        Assert.All(Settings(), setting =>
        {
            Assert.Contains(setting.Default, rows[setting.Name], StringComparison.OrdinalIgnoreCase);
            Assert.Contains(setting.Range, rows[setting.Name], StringComparison.Ordinal);
        });
    }

    private static IEnumerable<(string Name, string Default, string Range)> Settings() => Sections.SelectMany(section => Of(section.Path, section.Type));

    private static IEnumerable<(string Name, string Default, string Range)> Of(string path, Type type)
    {
        var defaults = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties())
        {
            var name = $"{path}:{property.Name}";
            var element = property.PropertyType.IsGenericType && typeof(IEnumerable).IsAssignableFrom(property.PropertyType) ? property.PropertyType.GetGenericArguments()[0] : null;
            if (element is not null && element != typeof(string))
            {
                foreach (var nested in Of(name + ":n", element))
                {
                    yield return nested;
                }

                continue;
            }

            var value = element is null ? property.GetValue(defaults) : null;
            yield return (element is null ? name : name + ":n", value is null or "" ? "| none |" : $"| `{Convert.ToString(value, CultureInfo.InvariantCulture)}` |", RangeOf(property));
        }
    }

    private static string RangeOf(PropertyInfo property) => property.GetCustomAttribute<RangeAttribute>() is { } range
        ? string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}")
        : "";

    private static Type Silo(string name) => Assembly.Load("agentpay").GetType("AgentPay.Silo.Settings." + name, throwOnError: true)!;
}

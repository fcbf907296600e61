using System.Globalization;
using System.Reflection;
using AgentPay.Domain.Books;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains;
using AgentPay.Grains.Journal;

namespace AgentPay.Repository.Tests.Tree;

/// <summary>What must hold of every grain class and every grain key.</summary>
public sealed class GrainClassTests
{
    private const string Address = "0x00000000000000000000000000000000000000aa";

    private static readonly Type[] Classes = [.. typeof(GrainServices).Assembly.GetTypes().Where(type => typeof(Grain).IsAssignableFrom(type) && !type.IsAbstract)];

    /// <summary>A key of every grain type.</summary>
    private static readonly Dictionary<string, string> Keys = new()
    {
        [Book.GrainType] = Book.OperatorsKey,
        [SettlementId.GrainType] = SettlementId.Of("eip155:1", "eip3009", Address, Address, "0x" + new string('0', 64)),
        [SignerId.GrainType] = SignerId.KeyFor("eip155:1", Address),
    };

    [Fact]
    public void Grain_classes_are_internal_and_sealed() =>
        Findings.None(Classes.Where(type => !type.IsSealed || type.IsPublic || type.IsNestedPublic).Select(type => $"{type} must be internal and sealed."));

    [Fact]
    public void A_grain_type_belongs_to_one_class_and_is_the_name_of_its_journal()
    {
        Assert.NotEmpty(Classes);
        Assert.Equal(Classes.Length, Classes.Select(GrainTypeOf).Distinct().Count());
        Assert.All(Classes, type =>
        {
            var journals = type.GetConstructors().SelectMany(constructor => constructor.GetParameters())
                .Select(parameter => parameter.GetCustomAttribute<JournalAttribute>()).OfType<JournalAttribute>().ToArray();
            Assert.True(journals.Length <= 1, $"{type} writes one journal.");
            Assert.All(journals, journal => Assert.Equal(GrainTypeOf(type), journal.GrainType));
        });
    }

    [Fact]
    public void No_key_can_be_taken_for_a_number_or_a_guid()
    {
        // Orleans' relational storage folds keys that read as hexadecimal: two grains would share one row (dotnet/orleans#9706).
        Assert.Equal(Classes.Select(GrainTypeOf).Order(), Keys.Keys.Order());
        Assert.All(Keys.Values, key =>
        {
            var prefix = key.Split(':')[0];
            Assert.DoesNotContain('+', key);
            Assert.False(UInt128.TryParse(prefix, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _), $"{prefix} reads as a number.");
        });
    }

    [Fact]
    public void A_grain_type_is_short_lower_case_text() => Assert.All(Classes, type => Assert.Matches("^[a-z0-9-]{1,64}$", GrainTypeOf(type)));

    private static string GrainTypeOf(Type type) => (string)type.GetCustomAttributesData()
        .Single(attribute => attribute.AttributeType.Name == "GrainTypeAttribute").ConstructorArguments[0].Value!;
}

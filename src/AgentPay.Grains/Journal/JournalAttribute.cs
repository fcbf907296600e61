namespace AgentPay.Grains.Journal;

/// <summary>
/// Gives a grain its journal: <c>[Journal("invoice")] IJournal&lt;Invoice&gt; journal</c>. The name is the row's type and unique per grain class.
/// </summary>
/// <param name="grainType">The grain's type, the same as in its <c>[GrainType]</c>.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class JournalAttribute(string grainType) : Attribute, IFacetMetadata
{
    /// <summary>The row's type.</summary>
    public string GrainType { get; } = grainType;
}

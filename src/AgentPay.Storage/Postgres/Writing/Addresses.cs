using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>The one order in which every batch of every process takes its rows.</summary>
internal static class Addresses
{
    internal static int Compare(GrainRef one, GrainRef other)
    {
        var byType = string.CompareOrdinal(one.Type, other.Type);
        return byType != 0 ? byType : string.CompareOrdinal(one.Key, other.Key);
    }

    internal static int Compare((GrainRef Grain, string Id) one, (GrainRef Grain, string Id) other)
    {
        var byGrain = Compare(one.Grain, other.Grain);
        return byGrain != 0 ? byGrain : string.CompareOrdinal(one.Id, other.Id);
    }

    internal static int Compare(MessageId one, MessageId other)
    {
        var bySource = Compare(one.Source, other.Source);
        return bySource != 0 ? bySource : (one.Version, one.Index).CompareTo((other.Version, other.Index));
    }
}

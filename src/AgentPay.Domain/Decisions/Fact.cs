using System.Text.Json.Serialization;
using AgentPay.Domain.Settlements;

namespace AgentPay.Domain.Decisions;

/// <summary>
/// Something that happened to one grain and matters to another. Facts are the only way between grains that must not be lost;
/// they are stored with the decision that made them and delivered at least once.
/// </summary>
[GenerateSerializer, Immutable, Alias("agentpay.Fact")]
[JsonPolymorphic(TypeDiscriminatorPropertyName = "fact")]
[JsonDerivedType(typeof(SettlementReserved), "settlement.reserved")]
[JsonDerivedType(typeof(SettlementReported), "settlement.reported")]
public abstract record Fact;

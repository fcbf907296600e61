namespace AgentPay.Domain.Decisions;

/// <summary>An expected no: a stable public code and the sentence that explains it.</summary>
/// <param name="Code">The code a caller may switch on.</param>
/// <param name="Detail">For a developer, in one sentence; never a secret.</param>
[GenerateSerializer, Immutable, Alias("agentpay.Refusal")]
public sealed record Refusal([property: Id(0)] string Code, [property: Id(1)] string Detail);

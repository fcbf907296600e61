namespace AgentPay.Storage.Contract;

/// <summary>Says that a decision is sound only while its process has a resource to itself.</summary>
/// <param name="Resource">What.</param>
/// <param name="Epoch">Which holding of it: one more for each new holder.</param>
public readonly record struct Fence(string Resource, long Epoch);

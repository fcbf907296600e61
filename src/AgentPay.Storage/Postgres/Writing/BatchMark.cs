namespace AgentPay.Storage.Postgres.Writing;

/// <summary>Names one batch of one writer for ever.</summary>
/// <param name="Process">The process's record.</param>
/// <param name="Place">Which of its writers.</param>
/// <param name="Batch">Number of the attempt; it only grows.</param>
internal readonly record struct BatchMark(string Process, int Place, long Batch);

namespace AgentPay.Chains.Evm;

/// <summary>Marks an answer beyond the size limit: several callers may have shared it, and only one be to blame.</summary>
internal sealed class ResponseTooLargeException : Exception;

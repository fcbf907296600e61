namespace AgentPay.Api.Problems;

/// <summary>What the grain runtime throws when it cannot take a call now.</summary>
internal static class GrainFaults
{
    /// <summary>The problem of a runtime's exception; null when it is a defect.</summary>
    public static Problem? Of(Exception exception) => exception switch
    {
        SiloUnavailableException => Catalogue.Stopping,
        TimeoutException => Catalogue.Stopping,
        _ => null,
    };
}

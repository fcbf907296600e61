namespace AgentPay.Api.Problems;

/// <summary>What the grain runtime throws when it cannot take a call now.</summary>
internal static class GrainFaults
{
    /// <summary>The problem of a runtime's exception; null when it is a defect.</summary>
    public static Problem? Of(Exception exception) => exception switch
    {
        // Whatever the host itself refuses: a silo that stops, and one that wakes and finds itself declared dead, where no grain can be placed any more.
        OrleansException => Catalogue.Stopping,
        TimeoutException => Catalogue.Stopping,
        _ => null,
    };
}

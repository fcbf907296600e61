namespace Orleans;

/// <summary>Runs around every call, in the called grain's turn. Registered as a service, or implemented by a grain class for itself.</summary>
public interface IIncomingGrainCallFilter
{
    /// <summary>Runs around the call.</summary>
    Task Invoke(IIncomingGrainCallContext context);
}

/// <summary>Runs around every call, on the caller's side. Registered as a service.</summary>
public interface IOutgoingGrainCallFilter
{
    /// <summary>Runs around the call.</summary>
    Task Invoke(IOutgoingGrainCallContext context);
}

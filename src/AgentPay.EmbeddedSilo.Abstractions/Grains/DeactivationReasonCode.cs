namespace Orleans;

/// <summary>The kinds of reason for the end of an activation. The embedded silo gives those it documents here.</summary>
[GenerateSerializer]
public enum DeactivationReasonCode : byte
{
    /// <summary>None was given.</summary>
    None,

    /// <summary>The silo stops.</summary>
    ShuttingDown,

    /// <summary>The grain could not be activated.</summary>
    ActivationFailed,

    /// <summary>Clusters only.</summary>
    DirectoryFailure,

    /// <summary>No call came for the collection age.</summary>
    ActivationIdle,

    /// <summary>Clusters only.</summary>
    ActivationUnresponsive,

    /// <summary>Clusters only.</summary>
    DuplicateActivation,

    /// <summary>Clusters only.</summary>
    IncompatibleRequest,

    /// <summary>Given by applications.</summary>
    ApplicationError,

    /// <summary>The grain asked for it.</summary>
    ApplicationRequested,

    /// <summary>Clusters only.</summary>
    Migrating,

    /// <summary>The host asked for it.</summary>
    RuntimeRequested,

    /// <summary>Clusters only.</summary>
    HighMemoryPressure,
}

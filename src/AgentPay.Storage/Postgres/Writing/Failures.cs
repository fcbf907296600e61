using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>What to do about a failure.</summary>
internal enum FailureKind
{
    /// <summary>A rival was first or stood in the way: try again.</summary>
    Rival,

    /// <summary>The database cannot hold one of the rows: try them one by one.</summary>
    OneRow,

    /// <summary>The connection ended before COMMIT was sent, or its transaction is known not to have committed.</summary>
    ConnectionLost,

    /// <summary>The database refuses to write at all.</summary>
    Refused,
}

internal static class Failures
{
    /// <summary>By SQLSTATE class: 22 data, 23 constraint, 54 limit of a row; 40 rollback by the database.</summary>
    internal static FailureKind KindOf(Exception failure, bool connectionIsOpen) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation } => FailureKind.Rival,
        PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] } => FailureKind.OneRow,
        NpgsqlException when !connectionIsOpen => FailureKind.ConnectionLost,
        NpgsqlException or Contract.StoreUnavailableException => FailureKind.Refused,
        _ => FailureKind.OneRow,
    };
}

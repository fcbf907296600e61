namespace AgentPay.SystemTests.World;

/// <summary>A <see cref="PostgresWorld"/> whose chain mines after each request that sends.</summary>
public sealed class StoreDownWorld : PostgresWorld
{
    private protected override bool MinesWhatIsSent => true;
}

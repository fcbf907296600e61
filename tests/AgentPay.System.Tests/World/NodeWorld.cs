namespace AgentPay.SystemTests.World;

/// <summary>A chain that mines after each request that sends, an engine that answers a settle after three seconds at most, and a proxy between them.</summary>
public sealed class NodeWorld : ProxiedWorld
{
    private protected override bool MinesWhatIsSent => true;

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "3";
        return settings;
    }
}

namespace AgentPay.SystemTests.World;

/// <summary>A chain that mines after each request that sends, an engine that answers a settle after three seconds at most, and a proxy between them.</summary>
public class NodeWorld : ProxiedWorld
{
    private protected override bool MinesWhatIsSent => true;

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "3";
        return settings;
    }
}

/// <summary>The same with a token that uses the authorization, moves nothing and says nothing of a transfer.</summary>
public sealed class NothingMovedWorld : NodeWorld
{
    private protected override Task<TestChain> StartChainAsync() => TestChain.StartWithTokenAsync("TokenUsedWithoutTransfer", "--no-mining");
}

/// <summary>The same with a token that does nothing and succeeds when the authorization was used before.</summary>
public sealed class SilentTokenWorld : NodeWorld
{
    private protected override Task<TestChain> StartChainAsync() => TestChain.StartWithTokenAsync("TokenSilentOnUsedNonce", "--no-mining");
}

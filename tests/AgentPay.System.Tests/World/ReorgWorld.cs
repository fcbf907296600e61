using System.Globalization;

namespace AgentPay.SystemTests.World;

/// <summary>A chain that mines when told, and an engine that sends with several keys: what is lost of one does not stop the others.</summary>
public sealed class ReorgWorld : EngineOnChain
{
    internal const int Keys = 4;

    private readonly List<string> _gasPayers = [];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var payer in _gasPayers)
        {
            await Chain.CallAsync("anvil_setBalance", payer, "0x56bc75e2d63100000");
        }
    }

    private protected override Task<TestChain> StartChainAsync() => TestChain.StartAsync("--no-mining");

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        for (var key = 1; key < Keys; key++)
        {
            settings[string.Create(CultureInfo.InvariantCulture, $"AgentPay__Chains__0__SignerKeys__{key}")] = Engine.NewKeyText(out var payer);
            _gasPayers.Add(payer.ToString());
        }

        return settings;
    }
}

namespace AgentPay.SystemTests.World;

/// <summary>A chain for tests that start engines of their own.</summary>
public sealed class SharedChain : IAsyncLifetime
{
    internal TestChain Chain { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Chain = await TestChain.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (Chain is not null)
        {
            await Chain.DisposeAsync();
        }
    }

    /// <summary>An engine that runs on the chain, with some settings changed.</summary>
    internal async Task<Engine> NewEngineAsync(params (string Name, string Value)[] changes)
    {
        var engine = new Engine(await NewSettingsAsync(changes));
        await engine.StartAsync();
        return engine;
    }

    /// <summary>Settings of an engine on the chain whose own account has gas.</summary>
    internal async Task<Dictionary<string, string>> NewSettingsAsync(params (string Name, string Value)[] changes)
    {
        var settings = Engine.SettingsFor((Chain, Chain.Url, Engine.NewKeyText(out var signer)));
        await Chain.CallAsync("anvil_setBalance", signer.ToString(), "0x56bc75e2d63100000");
        foreach (var (name, value) in changes)
        {
            settings[name] = value;
        }

        return settings;
    }
}

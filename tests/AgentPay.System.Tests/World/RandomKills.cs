namespace AgentPay.SystemTests.World;

/// <summary>Kills engines and starts them again beside whatever else goes on; when, the test says, chance says whom and how many.</summary>
internal sealed class RandomKills(BookEngines engines, Random chance, int atOnceMax = 1)
{
    private Task _under = Task.CompletedTask;

    /// <summary>Engines killed so far.</summary>
    public int Count { get; private set; }

    /// <summary>True when all that were killed are there again.</summary>
    public bool AllRun => _under.IsCompletedSuccessfully || (_under.IsFaulted && Fail());

    /// <summary>kill -9 for one, or some; they come back by themselves.</summary>
    public async Task KillAsync()
    {
        await _under;
        var victims = engines.All.OrderBy(_ => chance.Next()).Take(chance.Next(1, atOnceMax + 1)).ToArray();
        await Task.WhenAll(victims.Select(victim => victim.KillAsync()));
        Count += victims.Length;
        _under = Task.WhenAll(victims.Select(victim => victim.StartAsync(waitUntilReady: false)));
    }

    /// <summary>Waits until all are there again.</summary>
    public Task EndAsync() => _under;

    private bool Fail()
    {
        _under.GetAwaiter().GetResult();
        return false;
    }
}

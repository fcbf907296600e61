namespace AgentPay.Testing;

/// <summary>A silo under a test's control. The same grain tests run on the embedded silo and on Orleans.</summary>
public interface ITestHost : IAsyncDisposable
{
    IGrainFactory Grains { get; }

    /// <summary>The services of the silo.</summary>
    IServiceProvider Services { get; }

    /// <summary>The clock the grains see; null where real time runs.</summary>
    ManualTimeProvider? Clock { get; }

    /// <summary>
    /// Lets that much time pass, with all ticks in it, one after the other. It waits for each tick, so while the test itself holds a
    /// tick or a call before it back, move <see cref="Clock"/> instead.
    /// </summary>
    Task AdvanceAsync(TimeSpan time);

    /// <summary>Ends the activation of a grain in good order.</summary>
    Task DeactivateAsync(IAddressable grain);

    /// <summary>Kills the silo without warning and starts it again on the same storage.</summary>
    Task KillAsync();
}

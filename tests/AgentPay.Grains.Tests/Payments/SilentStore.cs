using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Payments;

/// <summary>What a store says of itself: all is well, but its database may be told to fall silent.</summary>
internal sealed class SilentStore : IStoreHealth, IDisposable
{
    private CancellationTokenSource silence = new();

    public StoreWriteFailure? LastWriteFailure => null;

    public TimeSpan WriteLag => TimeSpan.Zero;

    public CancellationToken Silence => silence.Token;

    public void Begin() => silence.Cancel();

    public void End()
    {
        silence.Dispose();
        silence = new CancellationTokenSource();
    }

    public void Dispose() => silence.Dispose();
}

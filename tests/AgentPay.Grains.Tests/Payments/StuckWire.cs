namespace AgentPay.Grains.Tests.Payments;

/// <summary>A connection that takes nothing, as one whose other end reads nothing any more.</summary>
internal sealed class StuckWire : MemoryStream
{
    public override async Task FlushAsync(CancellationToken cancellationToken) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
}

namespace Orleans.Runtime;

/// <summary>What the grain model asks of the host beyond <see cref="IGrainContext"/>.</summary>
internal interface IActivationControl
{
    void DelayDeactivation(TimeSpan timeSpan);
}

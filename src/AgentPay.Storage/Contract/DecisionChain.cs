namespace AgentPay.Storage.Contract;

/// <summary>
/// One unbroken run of decisions of one grain, each made on the one before: what a grain holds from the moment it read its row until it drops
/// its memory. Once a commit of the chain fails, every later one of it fails, whatever version the row has by then.
/// </summary>
/// <remarks>
/// Version numbers alone cannot see this: when a rival wrote version 2, a decision made on our own lost version 2 would find the number it expects.
/// </remarks>
public sealed class DecisionChain
{
    private volatile bool _broken;

    /// <summary>True as soon as a commit of this chain failed; the memory that holds it is worthless.</summary>
    public bool IsBroken => _broken;

    internal void Break() => _broken = true;
}

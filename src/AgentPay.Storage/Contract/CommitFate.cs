namespace AgentPay.Storage.Contract;

/// <summary>
/// Whether a commit was applied, for commits that were decided on what it says before it was durable: where a store applies commits in the order of the calls, those
/// that follow one that failed fail too. A message's name alone does not tell: the decision that is made anew after a failure sends another one by the same name.
/// </summary>
public sealed class CommitFate
{
    private volatile bool _isApplied;

    /// <summary>True while it is applied: durable, or in the batch that is being written.</summary>
    public bool IsApplied => _isApplied;

    internal void Decide(bool isApplied) => _isApplied = isApplied;
}

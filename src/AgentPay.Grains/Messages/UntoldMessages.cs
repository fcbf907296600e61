using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Messages;

/// <summary>A message of a commit of which nobody has told yet how it ended.</summary>
/// <param name="IsHeldBack">True when it could not go early: nothing of its lane may until it went.</param>
internal sealed record UntoldMessage(bool IsHeldBack);

/// <summary>
/// Messages of commits on their way, those that went early and those that could not. By commit, not by name: what is decided anew after a failure sends messages of the same
/// names, perhaps to others, and may do so before the failure is told here. Used under its owner's lock.
/// </summary>
internal sealed class UntoldMessages
{
    private readonly Dictionary<(CommitFate Commit, int Place), UntoldMessage> messages = [];
    private readonly Dictionary<(GrainRef From, GrainRef To), (int All, int HeldBack)> counts = [];

    public bool AreAnyIn((GrainRef From, GrainRef To) lane) => counts.ContainsKey(lane);

    public bool AreHeldBackIn((GrainRef From, GrainRef To) lane) => counts.GetValueOrDefault(lane).HeldBack > 0;

    public void Add(CommitFate commit, WaitingMessage message, bool isHeldBack)
    {
        messages.Add((commit, message.Id.Index), new UntoldMessage(isHeldBack));
        Count(message, 1, isHeldBack ? 1 : 0);
    }

    /// <returns>Null when it was not told of before its commit had ended.</returns>
    public UntoldMessage? Remove(CommitFate commit, WaitingMessage message)
    {
        if (messages.Remove((commit, message.Id.Index), out var untold))
        {
            Count(message, -1, untold.IsHeldBack ? -1 : 0);
        }

        return untold;
    }

    private void Count(WaitingMessage message, int all, int heldBack)
    {
        var lane = MessageLanes.LaneOf(message);
        var (allBefore, heldBackBefore) = counts.GetValueOrDefault(lane);
        if (allBefore + all == 0)
        {
            counts.Remove(lane);
        }
        else
        {
            counts[lane] = (allBefore + all, heldBackBefore + heldBack);
        }
    }
}

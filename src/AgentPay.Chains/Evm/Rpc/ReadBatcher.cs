namespace AgentPay.Chains.Evm;

/// <summary>
/// Lets concurrent reads share requests. A read goes at once while fewer than two requests are on their way; otherwise it waits with the
/// others and goes out in one batch with them. Nothing waits for company, so an idle chain costs no latency. Thread-safe.
/// </summary>
internal sealed class ReadBatcher(RpcNodes nodes, int callsMax)
{
    private const int RequestsMax = 2;
    private readonly Lock _gate = new();
    private readonly Queue<Group> _waiting = new();
    private int _requests;

    /// <summary>Sends calls that belong together; their answers come from one request.</summary>
    public Task<RpcReply[]> SendAsync(RpcCall[] calls, CancellationToken cancellationToken)
    {
        var group = new Group(calls, cancellationToken);
        lock (_gate)
        {
            _waiting.Enqueue(group);
        }

        Start();
        return group.Answer.Task.WaitAsync(cancellationToken);
    }

    private void Start()
    {
        while (Take() is { } groups)
        {
            _ = SendGroupsAsync(groups);
        }
    }

    private List<Group>? Take()
    {
        lock (_gate)
        {
            if (_requests >= RequestsMax)
            {
                return null;
            }

            var groups = new List<Group>();
            var calls = 0;
            while (_waiting.TryPeek(out var next) && (calls == 0 || calls + next.Calls.Length <= callsMax))
            {
                _waiting.Dequeue();
                if (!next.CancellationToken.IsCancellationRequested)
                {
                    groups.Add(next);
                    calls += next.Calls.Length;
                }
            }

            if (groups.Count == 0)
            {
                return null;
            }

            _requests++;
            return groups;
        }
    }

    private async Task SendGroupsAsync(List<Group> groups)
    {
        try
        {
            await AnswerAsync(groups).ConfigureAwait(false);
        }
        catch (ChainUnavailableException exception) when (exception.InnerException is ResponseTooLargeException && groups.Count > 1)
        {
            // One caller's contract returns masses of data: each is asked for alone, so that only that caller fails.
            foreach (var group in groups)
            {
                await AnswerAloneAsync(group).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            groups.ForEach(group => group.Answer.TrySetException(exception));
        }
        finally
        {
            lock (_gate)
            {
                _requests--;
            }

            Start();
        }
    }

    private async Task AnswerAloneAsync(Group group)
    {
        try
        {
            await AnswerAsync([group]).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            group.Answer.TrySetException(exception);
        }
    }

    private async Task AnswerAsync(List<Group> groups)
    {
        RpcCall[] calls = groups.Count == 1 ? groups[0].Calls : [.. groups.SelectMany(static group => group.Calls)];
        var replies = await nodes.SendAsync(calls, CancellationToken.None).ConfigureAwait(false);
        var at = 0;
        foreach (var group in groups)
        {
            group.Answer.TrySetResult(groups.Count == 1 ? replies : replies[at..(at + group.Calls.Length)]);
            at += group.Calls.Length;
        }
    }

    private sealed record Group(RpcCall[] Calls, CancellationToken CancellationToken)
    {
        public TaskCompletionSource<RpcReply[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

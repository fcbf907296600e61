using System.Threading.Channels;

namespace AgentPay.Benchmarks.Grains;

/// <summary>The baseline: a bare channel with one reader that answers. No identity, no activation, no life cycle.</summary>
internal sealed class Mailbox
{
    private readonly Channel<(long Number, TaskCompletionSource<long> Reply)> channel =
        Channel.CreateUnbounded<(long, TaskCompletionSource<long>)>(new UnboundedChannelOptions { SingleReader = true });

    public Mailbox() => _ = RunAsync();

    public Task<long> AskAsync(long number)
    {
        var reply = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.Writer.TryWrite((number, reply));
        return reply.Task;
    }

    private async Task RunAsync()
    {
        await foreach (var (number, reply) in channel.Reader.ReadAllAsync())
        {
            reply.SetResult(number);
        }
    }
}

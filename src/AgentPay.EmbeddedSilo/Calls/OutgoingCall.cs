using System.Reflection;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>A call on its way through the outgoing filters, on the caller's side.</summary>
internal sealed class OutgoingCall(Call call, IOutgoingGrainCallFilter[] filters, Func<Task<object?>> dispatch) : IOutgoingGrainCallContext
{
    private int stage;

    public object Grain => call.Target!;

    public IGrainContext? SourceContext => call.Source;

    public GrainId? SourceId => call.Source?.GrainId;

    public GrainId TargetId => call.Target!.GrainId;

    public string InterfaceName => call.Method.InterfaceName;

    public string MethodName => call.Method.Method.Name;

    public MethodInfo InterfaceMethod => call.Method.Method;

    public object? Result { get; set; }

    public Task RunAsync() => Invoke();

    public async Task<TResult> RunAsync<TResult>()
    {
        await Invoke();
        return Result is null ? default! : (TResult)Result;
    }

    public async Task Invoke()
    {
        var mine = stage++;
        if (mine < filters.Length)
        {
            await filters[mine].Invoke(this);
        }
        else
        {
            Result = await dispatch();
        }
    }
}

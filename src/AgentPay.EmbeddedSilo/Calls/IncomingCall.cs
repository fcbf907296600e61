using System.Reflection;
using Orleans;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>A call on its way through the incoming filters, in the grain's turn.</summary>
internal sealed class IncomingCall(Call call) : IIncomingGrainCallContext
{
    private readonly Activations.Activation activation = call.Activation!;
    private int stage;

    public object Grain => activation.GrainInstance!;

    public IGrainContext TargetContext => activation;

    public GrainId? SourceId => call.Source?.GrainId;

    public GrainId TargetId => activation.GrainId;

    public string InterfaceName => call.Method.InterfaceName;

    public string MethodName => call.Method.Method.Name;

    public MethodInfo InterfaceMethod => call.Method.Method;

    public MethodInfo ImplementationMethod => call.Method.ImplementationIn(Grain.GetType());

    public object? Result { get; set; }

    public async Task<object?> RunAsync()
    {
        await Invoke();
        return Result;
    }

    public async Task Invoke()
    {
        var mine = stage++;
        try
        {
            if (mine < activation.Filters.Length)
            {
                await activation.Filters[mine].Invoke(this);
            }
            else if (mine == activation.Filters.Length && Grain is IIncomingGrainCallFilter own)
            {
                await own.Invoke(this);
            }
            else
            {
                var work = call.Start(Grain);
                await work;
                Result = call.ResultOf(work);
            }
        }
        finally
        {
            // So that a filter may try again what comes after it.
            stage--;
        }
    }
}

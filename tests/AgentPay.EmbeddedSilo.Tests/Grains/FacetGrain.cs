using System.Reflection;

namespace AgentPay.EmbeddedSilo.Tests.Grains;

public interface IFacetGrain : IGrainWithStringKey
{
    Task<string> NotesAsync();
}

[AttributeUsage(AttributeTargets.Parameter)]
public sealed class NoteAttribute(string name) : Attribute, IFacetMetadata
{
    public string Name => name;
}

/// <summary>A facet that loads itself when the grain's state is set up, as a journal does.</summary>
public sealed class Note
{
    public Note(IGrainContext context, string name, string parameter, Probe probe)
    {
        Text = $"{name} of {context.GrainId} in {parameter}, not loaded";
        context.ObservableLifecycle.Subscribe("note", GrainLifecycleStage.SetupState, async _ =>
        {
            await Task.Yield();
            Text = $"{name} of {context.GrainId} in {parameter}";
            probe.Write($"{name} loads");
        }, _ =>
        {
            probe.Write($"{name} closes");
            return Task.CompletedTask;
        });
    }

    public string Text { get; private set; }
}

public sealed class NoteMapper(Probe probe) : IAttributeToFactoryMapper<NoteAttribute>
{
    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, NoteAttribute metadata)
        => context => new Note(context, metadata.Name, parameter.Name!, probe);
}

[GrainType("facet")]
internal sealed class FacetGrain(Probe probe, [Note("first")] Note one, [Note("second")] Note two) : Grain, IFacetGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        probe.Write($"activates with {one.Text}");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        probe.Write("deactivates");
        return Task.CompletedTask;
    }

    public Task<string> NotesAsync() => Task.FromResult($"{one.Text}; {two.Text}");
}

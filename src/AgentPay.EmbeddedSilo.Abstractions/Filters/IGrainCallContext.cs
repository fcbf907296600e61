using System.Reflection;

namespace Orleans;

/// <summary>One call, as a filter sees it.</summary>
public interface IGrainCallContext
{
    /// <summary>The grain object on the way in, the reference on the way out.</summary>
    object Grain { get; }

    /// <summary>The calling grain, if a grain calls.</summary>
    Runtime.GrainId? SourceId { get; }

    /// <summary>The called grain.</summary>
    Runtime.GrainId TargetId { get; }

    /// <summary>The full name of the interface.</summary>
    string InterfaceName { get; }

    /// <summary>The name of the method.</summary>
    string MethodName { get; }

    /// <summary>The method of the interface.</summary>
    MethodInfo InterfaceMethod { get; }

    /// <summary>The result, after <see cref="Invoke"/>; a filter may replace it.</summary>
    object? Result { get; set; }

    /// <summary>Goes on to the next filter, in the end to the grain.</summary>
    Task Invoke();
}

/// <summary>A call that arrives at a grain.</summary>
public interface IIncomingGrainCallContext : IGrainCallContext
{
    /// <summary>The called activation.</summary>
    Runtime.IGrainContext TargetContext { get; }

    /// <summary>The method of the grain class.</summary>
    MethodInfo ImplementationMethod { get; }
}

/// <summary>A call that leaves its caller.</summary>
public interface IOutgoingGrainCallContext : IGrainCallContext
{
    /// <summary>The calling activation, if a grain calls.</summary>
    Runtime.IGrainContext? SourceContext { get; }
}

namespace Orleans.Concurrency;

/// <summary>Lets a grain class start a call while another waits at an await. Turns still never overlap.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReentrantAttribute : Attribute;

/// <summary>Lets calls of a grain interface method start while others wait at an await, and the other way round.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AlwaysInterleaveAttribute : Attribute;

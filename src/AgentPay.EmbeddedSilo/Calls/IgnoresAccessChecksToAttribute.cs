namespace System.Runtime.CompilerServices;

/// <summary>Known to the runtime by this name: lets emitted code use internal types of an assembly.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}

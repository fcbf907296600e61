using System.Reflection;

namespace AgentPay.SystemTests.World;

/// <summary>Where the build put what these tests start.</summary>
internal static class Places
{
    /// <summary>The engine, built with these tests.</summary>
    public static string Engine => Named("EngineFile");

    /// <summary>The local test network's folder.</summary>
    public static string Devnet => Named("DevnetFolder");

    /// <summary>The repository.</summary>
    public static string Root => Named("RootFolder");

    private static string Named(string key) => typeof(Places).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}

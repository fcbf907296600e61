namespace AgentPay.Benchmarks.World;

/// <summary>Where the parts of this repository are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Devnet => Path.Combine(Root, "tests", "devnet");

    public static string Results => Path.Combine(Root, "tests", "AgentPay.Benchmarks", "results");

    public static string Engine => Path.Combine(Root, "src", "AgentPay.Silo", "bin", "Release", "net10.0", "agentpay.dll");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AgentPay.Silo.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("Run the benchmarks from the repository: ./agentpay bench NAME.");
    }
}

using System.Diagnostics;

namespace AgentPay.Repository.Tests.Tree;

/// <summary>The repository these tests stand in.</summary>
internal static class WorkTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every file that is, or is about to be, tracked; paths with slashes, from the root.</summary>
    public static IReadOnlyList<string> Files { get; } = ListFiles();

    /// <summary>C# files under a folder.</summary>
    public static IEnumerable<string> Code(string folder) =>
        Files.Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> Markdown => Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal));

    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(PathOf(path));

    public static string[] ReadLines(string path) => File.ReadAllLines(PathOf(path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AgentPay.Silo.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("These tests run inside the repository.");
    }

    private static string[] ListFiles()
    {
        using var git = Process.Start(new ProcessStartInfo("git", "ls-files --cached --others --exclude-standard") { WorkingDirectory = Root, RedirectStandardOutput = true })!;
        var files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(path => File.Exists(PathOf(path))).ToArray();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0 && files.Length > 100, "git lists the files of the repository.");
        return files;
    }
}

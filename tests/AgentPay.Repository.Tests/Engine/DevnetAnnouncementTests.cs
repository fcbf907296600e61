using AgentPay.Silo.Devnet;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Repository.Tests.Engine;

public sealed class DevnetAnnouncementTests
{
    [Fact]
    public async Task The_local_chains_are_let_go_after_everything_has_stopped_and_not_before()
    {
        var stop = TestContext.Current.CancellationToken;
        var data = Directory.CreateTempSubdirectory("agentpay-docs.").FullName;
        var pid = Path.Combine(data, "engine.pid");
        await File.WriteAllTextAsync(pid, "1", stop);
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        await using var services = new ServiceCollection().BuildServiceProvider();
        var announcement = new DevnetAnnouncement(data, lifetime, services);

        await announcement.StartAsync(stop);
        lifetime.StopApplication();
        await announcement.StopAsync(stop);
        Assert.True(File.Exists(pid));

        lifetime.NotifyStopped();
        Assert.False(File.Exists(pid));
        Directory.Delete(data, recursive: true);
    }
}

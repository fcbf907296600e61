using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AgentPay.Silo.Devnet;

/// <summary>
/// Writes <c>devnet.json</c> once the engine listens, and takes away <c>engine.pid</c> after a clean stop, which ends the local chains: what is still being answered needs them.
/// After a kill the file stays, and so do the chains.
/// </summary>
internal sealed class DevnetAnnouncement(string dataDirectory, IHostApplicationLifetime lifetime, IServiceProvider services) : IHostedService
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        File.Delete(Path.Combine(dataDirectory, DevnetFile.AnnouncementName));
        lifetime.ApplicationStarted.Register(Announce);
        lifetime.ApplicationStopped.Register(() => File.Delete(Path.Combine(dataDirectory, "engine.pid")));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Announce()
    {
        var url = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var chains = JsonNode.Parse(File.ReadAllText(Path.Combine(dataDirectory, DevnetFile.ChainsName)))!["chains"]!.DeepClone();
        var announcement = new JsonObject
        {
            ["facilitator"] = $"{url}/facilitator",
            ["demo"] = $"{url}/demo/quote",
            ["chains"] = chains,
        };
        var path = Path.Combine(dataDirectory, DevnetFile.AnnouncementName);
        File.WriteAllText(path + ".new", announcement.ToJsonString(Indented));
        File.Move(path + ".new", path, overwrite: true);
    }
}

#if ORLEANS
using System.Net;
using AgentPay.Silo.Cluster;
using AgentPay.Silo.Health;
using AgentPay.Silo.Settings;
using AgentPay.Storage.Contract;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Orleans.Configuration;
using Orleans.Metadata;

namespace AgentPay.Silo.Composition;

/// <summary>Runs the grains on Orleans: a cluster when there is a database to share, else one silo (docs/decisions/0010-cluster.md).</summary>
internal static class GrainRuntime
{
    private const string Invariant = "Npgsql";

    /// <summary>One for each of Orleans' own readers and one to spare; they come on top of the store's connections.</summary>
    private const int ConnectionsMax = 4;

    /// <summary>Three missed probes end a silo: a key's lease is over by then too, and the next owner begins within five seconds of a death.</summary>
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A silo that slept while it was declared dead learns of it from the table: nobody speaks to it any more. Left at Orleans' minute it would refuse what it is
    /// asked for as long; so it ends within this and the two seconds that Orleans gives its log.
    /// </summary>
    private static readonly TimeSpan TableRefreshTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a call follows a grain that went to rest before it is refused. Orleans' two are too few where a payment is presented two hundred times at once: it
    /// rests when it was answered or given up, and wakes for the next. A call that finds nobody ends with its own time.
    /// </summary>
    private const int ForwardsMax = 100;

    private static readonly TimeSpan ConnectPause = TimeSpan.FromSeconds(1);

    /// <summary>Why this build cannot run so; null when it can.</summary>
    public static string? RefusalOf(HostRoles roles, EngineSettings settings, ClusterSettings cluster)
    {
#if !KUBERNETES
        if (cluster.Membership.Equals(nameof(ClusterMembership.Kubernetes), StringComparison.OrdinalIgnoreCase))
        {
            return "AgentPay:Cluster:Membership is Kubernetes, which this build does not carry: build with -p:KubernetesMembership=true, or use AdoNet.";
        }
#endif
        return roles.AreBoth || settings.Postgres.Length > 0
            ? null
            : "AgentPay:Roles must be api,silo without AgentPay:Postgres: processes find each other in the database.";
    }

    public static void Add(WebApplicationBuilder builder, HostRoles roles, EngineSettings settings, ClusterSettings cluster)
    {
        if (settings.Postgres.Length > 0)
        {
            builder.Services.AddSingleton(new ClusterDatabase(DatabaseOf(settings.Postgres)));
            // Before the silo, which reads its queries when it starts.
            builder.Services.AddHostedService<ClusterSchema>();
        }

        if (roles.Silo)
        {
            if (settings.Postgres.Length > 0)
            {
                builder.Services.AddHostedService<LifeSigns>();
            }

            builder.UseOrleans(silo => AddSilo(silo, settings, cluster));
        }
        else
        {
            builder.UseOrleansClient(client => AddClient(client, cluster));
            // Signs nothing, so it wants no key: it follows the chains to check payments against them.
            builder.Services.AddSingleton<ILeases, NoLeases>();
            builder.Services.Replace(ServiceDescriptor.Singleton<IGrainFactory, EarlyGrains>());
        }
    }

    private static void AddSilo(ISiloBuilder silo, EngineSettings settings, ClusterSettings cluster)
    {
        silo.Services.AddSingleton<ISiloHealth, MemberHealth>();
        silo.Services.AddSingleton<IGrainPropertiesProvider, SignerPlacement>();
        // A payment is decided where it was asked for, unless it is decided elsewhere already.
        silo.Services.Replace(ServiceDescriptor.Singleton<PlacementStrategy, PreferLocalPlacement>());
        silo.AddIncomingGrainCallFilter<FailuresThatTravel>();
        silo.AddOutgoingGrainCallFilter<LostSilos>();
        silo.Configure<SiloMessagingOptions>(static options => options.MaxForwardCount = ForwardsMax);
        if (settings.Postgres.Length == 0)
        {
            silo.UseLocalhostClustering(PortOf(cluster.SiloPort), PortOf(cluster.GatewayPort), serviceId: cluster.Name, clusterId: cluster.Name);
            silo.UseInMemoryReminderService();
            return;
        }

        silo.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (cluster.Name, cluster.Name));
        silo.Configure<ClusterMembershipOptions>(options => (options.ProbeTimeout, options.TableRefreshTimeout) = (ProbeTime, TableRefreshTime));
        var (siloPort, gatewayPort) = (PortOf(cluster.SiloPort), PortOf(cluster.GatewayPort));
        if (cluster.Address.Length > 0)
        {
            silo.ConfigureEndpoints(IPAddress.Parse(cluster.Address), siloPort, gatewayPort, listenOnAnyHostAddress: true);
        }
        else
        {
            silo.ConfigureEndpoints(siloPort, gatewayPort, listenOnAnyHostAddress: true);
        }

        silo.UseAdoNetClustering(options => options.Configure<ClusterDatabase>((membership, database) => (membership.Invariant, membership.DataSource) = (Invariant, database.Source)));
        silo.UseAdoNetReminderService(options => options.Configure<ClusterDatabase>((reminders, database) => (reminders.Invariant, reminders.DataSource) = (Invariant, database.Source)));
#if KUBERNETES
        if (cluster.Membership.Equals(nameof(ClusterMembership.Kubernetes), StringComparison.OrdinalIgnoreCase))
        {
            silo.UseKubernetesHosting();
        }
#endif
    }

    private static void AddClient(IClientBuilder client, ClusterSettings cluster)
    {
        var connection = new ConnectionHealth();
        client.Services.AddSingleton<ISiloHealth>(connection);
        client.AddOutgoingGrainCallFilter<LostSilos>();
        client.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (cluster.Name, cluster.Name));
        client.UseAdoNetClustering(options => options.Configure<ClusterDatabase>((membership, database) => (membership.Invariant, membership.DataSource) = (Invariant, database.Source)));
        client.AddGatewayCountChangedHandler((_, count) => connection.Gateways = count.NumberOfConnectedGateways);
        client.AddClusterConnectionLostHandler((_, _) => connection.Gateways = 0);
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            // No silo yet: they may be starting too.
            await Task.Delay(ConnectPause, TimeProvider.System, cancellationToken);
            return true;
        });
    }

    /// <exception cref="StoreUnavailableException">The connection string is not understood.</exception>
    private static NpgsqlDataSource DatabaseOf(string connectionString)
    {
        try
        {
            return NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = ConnectionsMax, Enlist = false, TcpKeepAlive = true, ApplicationName = "agentpay cluster" });
        }
        catch (ArgumentException failure)
        {
            throw new StoreUnavailableException($"The connection string of the database is not understood: {failure.Message}", failure);
        }
    }

    private static int PortOf(int port)
    {
        if (port != 0)
        {
            return port;
        }

        using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }
}
#endif

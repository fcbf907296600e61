using System.Net.Sockets;
using AgentPay.Api;
using AgentPay.Api.Books;
using AgentPay.Api.Demo;
using AgentPay.Api.Facilitator;
using AgentPay.Api.Payments;
using AgentPay.Api.Settlements;
using AgentPay.Chains.Crypto;
using AgentPay.Chains.Evm;
using AgentPay.Grains;
using AgentPay.Grains.Books;
using AgentPay.Grains.Chains;
using AgentPay.Grains.Facilitator;
using AgentPay.Silo.Devnet;
using AgentPay.Silo.Documents;
using AgentPay.Silo.Health;
using AgentPay.Silo.Observability;
using AgentPay.Silo.Settings;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace AgentPay.Silo.Composition;

/// <summary>Puts the engine together and runs it until it is told to stop.</summary>
internal static class Engine
{
    private const int DefaultPort = 4020;

    /// <summary>How long a stop may take; whoever kills it afterwards loses answers, not payments.</summary>
    internal static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] args, TextWriter errors)
    {
        var (line, misuse) = CommandLine.Read(args);
        if (line is null)
        {
            await errors.WriteLineAsync(misuse);
            return 2;
        }

        try
        {
            NativeCrypto.EnsureAvailable();
        }
        catch (DllNotFoundException missing)
        {
            await errors.WriteLineAsync(missing.Message);
            return 3;
        }

        try
        {
            return await RunAsync(line, errors);
        }
        catch (StoreUnavailableException store)
        {
            await errors.WriteLineAsync(store.Message);
            return 3;
        }
        catch (OptionsValidationException wrong)
        {
            foreach (var failure in wrong.Failures)
            {
                await errors.WriteLineAsync(failure);
            }

            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            await errors.WriteLineAsync(e.Message);
            return 3;
        }
    }

    private static async Task<int> RunAsync(CommandLine line, TextWriter errors)
    {
        // Settings are read once. To watch for changes of its file the framework watches every folder below the working directory, the data folder with each of its writes among them.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. line.Rest]);
        var (app, problems) = Build(builder, line);
        if (app is null)
        {
            foreach (var problem in problems)
            {
                await errors.WriteLineAsync(problem);
            }

            return 2;
        }

        await using (app)
        {
            // Opened first: another process on the same file is the likeliest reason not to start.
            app.Services.GetRequiredService<IAtomicStore>();
            await app.RunAsync();
            return 0;
        }
    }

    private static (WebApplication? App, IReadOnlyList<string> Problems) Build(WebApplicationBuilder builder, CommandLine line)
    {
        var reader = new SettingsReader();
        reader.RefuseSecrets(line.Rest);
        if (line.Devnet && !reader.CheckDevnet(line.DataDirectory ?? new EngineSettings().DataDirectory))
        {
            return (null, reader.Problems);
        }

        if (line.Devnet)
        {
            // Below everything an operator says: the environment and the command line override the local chains.
            builder.Configuration.Sources.Insert(0, DevnetFile.Read(line.DataDirectory ?? new EngineSettings().DataDirectory));
        }

        if (!reader.CheckShape(builder.Configuration))
        {
            return (null, reader.Problems);
        }

        var settings = builder.Configuration.GetSection("AgentPay").Get<EngineSettings>() ?? new EngineSettings();
        settings.Postgres = line.Postgres ?? settings.Postgres;
        settings.Roles = line.Roles ?? settings.Roles;
        var cluster = builder.Configuration.GetSection("AgentPay:Cluster").Get<ClusterSettings>() ?? new ClusterSettings();
        var roles = reader.ReadRoles(settings, cluster);
        var chains = reader.ReadChains(settings);
        reader.CheckAccess(builder.Configuration.GetSection("AgentPay:Facilitator"));
        reader.CheckBook(builder.Configuration.GetSection("AgentPay:Book"));
        reader.CheckDemo(builder.Configuration.GetSection("AgentPay:Demo").Get<DemoSettings>() ?? new DemoSettings(), chains);
        if (reader.Problems.Count > 0)
        {
            return (null, reader.Problems);
        }

        var data = Path.GetFullPath(line.DataDirectory ?? settings.DataDirectory);
        Directory.CreateDirectory(data);
        Listen(builder, line);
        AddServices(builder, settings, host => GrainRuntime.Add(host, roles, settings, cluster), chains, data);
        if (line.Devnet)
        {
            builder.Services.AddHostedService(provider => new DevnetAnnouncement(data, provider.GetRequiredService<IHostApplicationLifetime>(), provider));
        }

        var app = builder.Build();
        Map(app, builder.Configuration, roles);
        return (app, []);
    }

    private static void Listen(WebApplicationBuilder builder, CommandLine line)
    {
        if (line.Port is not null || builder.Configuration["urls"] is null)
        {
            builder.WebHost.UseUrls($"http://127.0.0.1:{line.Port ?? DefaultPort}");
        }

        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxConcurrentConnections = 10_000;
            server.Limits.MaxRequestBodySize = 1 << 20;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        });
    }

    private static void AddServices(
        WebApplicationBuilder builder, EngineSettings settings, Action<WebApplicationBuilder> addGrainRuntime, IReadOnlyList<ConfiguredChain> chains, string data)
    {
        var services = builder.Services;
        var configuration = builder.Configuration;
        EngineLogging.Configure(builder.Logging);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeMax);
        services.AddSingleton(TimeProvider.System);
        AddStore(services, settings, data);
        // Before everything that calls grains, so that it starts first and stops last.
        addGrainRuntime(builder);
        services.AddAgentPayGrains();
        foreach (var chain in chains)
        {
            services.AddEvmChain(chain.Settings, provider => new EvmChain(
                chain.Node, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<EvmChain>>()), chain.Keys);
        }

        services.AddAgentPayApi();
        services.AddPromptFacilitator();
        services.Configure<FacilitatorSettings>(configuration.GetSection("AgentPay:Facilitator"));
        services.Configure<FacilitatorAccessSettings>(configuration.GetSection("AgentPay:Facilitator"));
        services.Configure<BookSettings>(configuration.GetSection("AgentPay:Book"));
        services.Configure<BookAccessSettings>(configuration.GetSection("AgentPay:Book"));
        services.Configure<SellerSettings>(seller => seller.PublicUrl = settings.PublicUrl);
        services.AddApiDocument();
        services.AddEngineTelemetry(configuration);
    }

    /// <summary>A file lets in one process; a database may have others beside this one.</summary>
    private static void AddStore(IServiceCollection services, EngineSettings settings, string data)
    {
        if (settings.Postgres.Length == 0)
        {
            services.AddSqliteStore(Path.Combine(data, "agentpay.db"));
        }
        else
        {
            services.AddPostgresStore(settings.Postgres);
        }

        services.AddSingleton<ProcessIdentity>();
    }

    private static void Map(WebApplication app, ConfigurationManager configuration, HostRoles roles)
    {
        app.UseMiddleware<RequestIds>();
        app.UseExceptionHandler(_ => { });
        app.MapHealth();
        app.MapMetrics();
        if (!roles.Api)
        {
            return;
        }

        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapFacilitator();
        app.MapSettlements();
        app.MapTransfers();
        app.MapDemo(configuration.GetSection("AgentPay:Demo").Get<DemoSettings>() ?? new DemoSettings(), app.Services.GetRequiredService<ChainDesk>());
    }
}

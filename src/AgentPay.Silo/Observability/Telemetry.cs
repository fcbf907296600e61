using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AgentPay.Silo.Observability;

/// <summary>Traces and metrics by OTLP when an endpoint is configured (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>); Prometheus text always.</summary>
internal static class Telemetry
{
    private const string Source = "AgentPay";

    public static IServiceCollection AddEngineTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<PrometheusText>();
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 } endpoint)
        {
            return services;
        }

        var address = new Uri(endpoint);
        var resource = ResourceBuilder.CreateDefault().AddService("agentpay");
        services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource(Source, "Microsoft.AspNetCore", "System.Net.Http").AddOtlpExporter(otlp => otlp.Endpoint = address).Build());
        services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter(Source, "Microsoft.AspNetCore.Hosting", "System.Runtime").AddOtlpExporter(otlp => otlp.Endpoint = address).Build());
        services.AddHostedService<Exporters>();
        return services;
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        // Made now, so that it counts from the start.
        var text = routes.ServiceProvider.GetRequiredService<PrometheusText>();
        routes.MapGet("/metrics", () => TypedResults.Text(text.Write(), "text/plain; version=0.0.4; charset=utf-8")).ExcludeFromDescription();
    }

    /// <summary>Starts the exporters with the host; the container ends them, and that flushes.</summary>
    private sealed class Exporters(TracerProvider traces, MeterProvider metrics) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            traces.ForceFlush(2_000);
            metrics.ForceFlush(2_000);
            return Task.CompletedTask;
        }
    }
}

using System.Diagnostics;

namespace AgentPay.Grains;

/// <summary>The engine's spans, exported by OTLP when that is configured: one for each request that moves, or may move, money.</summary>
internal static class EngineActivity
{
    public static readonly ActivitySource Source = new("AgentPay");

    /// <summary>Starts a span; null, and free, when nobody listens.</summary>
    public static Activity? Start(string name, string network, ActivityKind kind = ActivityKind.Internal)
    {
        var activity = Source.StartActivity(name, kind);
        activity?.SetTag("agentpay.network", network);
        return activity;
    }

    /// <summary>How it ended, by its public code; null: well.</summary>
    public static void End(this Activity? activity, string? code)
    {
        if (activity is not null && code is not null)
        {
            activity.SetTag("agentpay.code", code);
        }
    }
}

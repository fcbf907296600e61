using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo;

internal static partial class SiloLog
{
    [LoggerMessage(900, LogLevel.Error, "Grain {GrainId} could not be activated.")]
    public static partial void ActivationFailed(this ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(901, LogLevel.Error, "Grain {GrainId} failed while it was deactivated.")]
    public static partial void DeactivationFailed(this ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(902, LogLevel.Error, "A timer of grain {GrainId} failed; it ticks on.")]
    public static partial void TimerFailed(this ILogger logger, GrainId grainId, Exception exception);

    [LoggerMessage(903, LogLevel.Error, "Reminder {Reminder} of grain {GrainId} failed; it ticks on.")]
    public static partial void ReminderFailed(this ILogger logger, string reminder, GrainId grainId, Exception exception);

    [LoggerMessage(904, LogLevel.Information, "The silo runs {Classes} grain classes.")]
    public static partial void SiloStarted(this ILogger logger, int classes);

    [LoggerMessage(905, LogLevel.Information, "The silo has stopped.")]
    public static partial void SiloStopped(this ILogger logger);

    [LoggerMessage(906, LogLevel.Warning, "The silo stopped with {Activations} activations that did not end in time.")]
    public static partial void SiloStoppedLate(this ILogger logger, int activations);
}

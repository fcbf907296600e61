using System.Runtime.CompilerServices;

namespace AgentPay.SystemTests.World;

/// <summary>Waits for what can be observed, never for time to pass: asks again every few milliseconds until it holds or the deadline is over.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the condition holds.</summary>
    public static async Task UntilAsync(
        Func<Task<bool>> condition, int seconds = 30, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        while (!await condition())
        {
            Assert.True(clock.GetElapsedTime(start) < TimeSpan.FromSeconds(seconds), $"Not within {seconds} s: {what}");
            await Task.Delay(Pause, clock, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until there is an answer, and gives it.</summary>
    public static async Task<T> ForAsync<T>(Func<Task<T?>> read, int seconds = 30, [CallerArgumentExpression(nameof(read))] string what = "")
        where T : class
    {
        T? answer = null;
        await UntilAsync(async () => (answer = await read()) is not null, seconds, what);
        return answer!;
    }
}

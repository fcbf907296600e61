namespace AgentPay.EmbeddedSilo.Tests.Grains;

public interface IReminderGrain : IGrainWithStringKey
{
    Task RegisterAsync(string name, TimeSpan due, TimeSpan period);

    Task<bool> UnregisterAsync(string name);

    Task<string> NamesAsync();
}

[GrainType("reminder")]
internal sealed class ReminderGrain(Probe probe) : Grain, IReminderGrain, IRemindable
{
    public Task RegisterAsync(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task<bool> UnregisterAsync(string name)
    {
        if (await this.GetReminder(name) is not { } reminder)
        {
            return false;
        }
        await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task<string> NamesAsync() => string.Join(' ', (await this.GetReminders()).Select(each => each.ReminderName).Order());

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        probe.Write($"{reminderName} at {status.CurrentTickTime:HH:mm}, first {status.FirstTickTime:HH:mm}, every {status.Period.TotalMinutes}");
        return reminderName == "failing" ? throw new InvalidTimeZoneException("a reminder") : Task.CompletedTask;
    }
}

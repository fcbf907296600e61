using System.Globalization;
using AgentPay.Storage.Postgres.Writing;

namespace AgentPay.Storage.Tests.Postgres;

public sealed class WriterLanesTests
{
    [Fact]
    public void Few_writes_go_to_one_writer_and_more_are_shared_out()
    {
        var lanes = new WriterLanes(writers: 2, spreadAbove: 100);
        Assert.All(Enumerable.Range(0, 100), number => Assert.Equal(0, lanes.Enter(Key(number)).Writer));
        Assert.InRange(Enumerable.Range(100, 1_000).Sum(number => lanes.Enter(Key(number)).Writer), 400, 600);
    }

    [Fact]
    public void A_grain_keeps_its_writer_until_none_of_its_writes_is_under_way()
    {
        var lanes = new WriterLanes(writers: 2, spreadAbove: 1);
        var key = Enumerable.Range(0, 100).Select(Key).First(candidate => new WriterLanes(2, spreadAbove: 0).Enter(candidate).Writer == 1);
        var held = lanes.Enter(key);
        Assert.Equal(0, held.Writer);
        Assert.Equal(0, lanes.Enter(key).Writer);
        held.Leave();
        Assert.Equal(0, lanes.Enter(key).Writer);
        held.Leave();
        held.Leave();
        _ = lanes.Enter("another");
        Assert.Equal(1, lanes.Enter(key).Writer);
    }

    [Fact]
    public void One_writer_takes_all()
    {
        var lanes = new WriterLanes(writers: 1, spreadAbove: 0);
        Assert.All(Enumerable.Range(0, 100), number => Assert.Equal(0, lanes.Enter(Key(number)).Writer));
    }

    [Fact]
    public void Of_what_is_remembered_the_newest_stay()
    {
        var remembered = new Remembered<int, int>(generationMax: 10);
        for (var name = 0; name < 100; name++)
        {
            remembered.Set(name, name);
            Assert.True(remembered.TryGet(0, out var kept));
            Assert.Equal(0, kept);
        }

        Assert.All(Enumerable.Range(92, 8), name => Assert.True(remembered.TryGet(name, out _)));
        Assert.InRange(Enumerable.Range(0, 100).Count(name => remembered.TryGet(name, out _)), 10, 20);
        remembered.Forget(99);
        Assert.False(remembered.TryGet(99, out _));
    }

    private static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"wal_{number:x8}");
}

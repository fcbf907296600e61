using AgentPay.Storage.Tests.Contract;
using AgentPay.Storage.Writing;

namespace AgentPay.Storage.Tests.Writing;

public sealed class EventIdsTests
{
    [Fact]
    public void An_id_has_the_form_of_a_version_7_id_of_its_time()
    {
        var (ours, theirs) = (new EventIds().Next(Some.Now), Guid.CreateVersion7(Some.Now));
        Assert.Equal((7, theirs.ToString("N")[..12]), (ours.Version, ours.ToString("N")[..12]));
        Assert.InRange(ours.Variant, 8, 11);
    }

    [Fact]
    public void No_two_are_the_same_nor_share_a_part_however_many_are_asked_for()
    {
        var ids = new EventIds();
        var given = Enumerable.Range(0, 10_000).Select(_ => ids.Next(Some.Now).ToString("N")).ToArray();
        Assert.Equal(given.Length, given.Distinct().Count());
        Assert.Equal(given.Length, given.Select(id => id[17..]).Distinct().Count());
    }
}

using AgentPay.Domain.Books;

namespace AgentPay.Domain.Tests.Books;

public sealed class TransferIdTests
{
    private const string Request = "txn_01k0r2w3x4y5z6a7b8c9d0e1f2";

    [Theory]
    [InlineData(Request, null)]
    [InlineData(Request + "_0", 0)]
    [InlineData(Request + "_999", 999)]
    public void An_id_reads_as_it_is_written(string text, int? place)
    {
        Assert.True(TransferId.TryParse(text, out var id));
        Assert.Equal(new TransferId(Request, place), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("txn_")]
    [InlineData("txn_01k0r2w3x4y5z6a7b8c9d0e1f")]
    [InlineData(Request + "x")]
    [InlineData(Request + "_")]
    [InlineData(Request + "_00")]
    [InlineData(Request + "_-1")]
    [InlineData(Request + "_1000")]
    [InlineData("TXN_01k0r2w3x4y5z6a7b8c9d0e1f2")]
    [InlineData("txn_01k0r2w3x4y5z6a7b8c9d0e1fu")]
    [InlineData("txn_01K0R2W3X4Y5Z6A7B8C9D0E1F2")]
    public void Nothing_else_is_an_id(string text) => Assert.False(TransferId.TryParse(text, out _));

    [Fact]
    public void Ids_sort_by_their_time_and_hold_all_bits()
    {
        Assert.Equal("txn_7zzzzzzzzzzzzzzzzzzzzzzzzz", TransferId.NewRequest(new Guid(Enumerable.Repeat((byte)255, 16).ToArray())));
        var ids = Enumerable.Range(0, 50).Select(second => TransferId.NewRequest(Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddSeconds(second)))).ToArray();
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.All(ids, id => Assert.True(TransferId.TryParse(id, out _)));
    }
}

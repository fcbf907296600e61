using AgentPay.Silo.Settings;

namespace AgentPay.Repository.Tests.Engine;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--urls=http://0.0.0.0:4020")]
    [InlineData("--urls", "http://0.0.0.0:4020")]
    public void An_address_to_listen_on_is_taken_in_either_spelling(params string[] words) =>
        Assert.Equal(["--urls=http://0.0.0.0:4020"], CommandLine.Read(["up", .. words]).Line!.Rest);

    [Theory]
    [InlineData("--urls")]
    [InlineData("--urls", "--devnet")]
    public void Without_an_address_it_is_refused(params string[] words) =>
        Assert.Equal("--urls needs an address: http://0.0.0.0:4020.", CommandLine.Read(["up", .. words]).Problem);
}

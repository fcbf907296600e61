using AgentPay.Silo.Settings;

namespace AgentPay.Repository.Tests.Engine;

public sealed class HostRolesTests
{
    [Theory]
    [InlineData("api,silo", true, true)]
    [InlineData("silo, api", true, true)]
    [InlineData("API", true, false)]
    [InlineData("silo", false, true)]
    public void Roles_are_told_in_any_order(string text, bool api, bool silo) => Assert.Equal(new HostRoles(api, silo), HostRoles.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("api,")]
    [InlineData("api,api")]
    [InlineData("api silo")]
    [InlineData("worker")]
    public void Anything_else_is_no_role(string text) => Assert.Null(HostRoles.Parse(text));

    [Fact]
    public void The_command_line_takes_roles_and_says_what_there_is()
    {
        Assert.Equal("silo", CommandLine.Read(["up", "--roles", "silo"]).Line!.Roles);
        Assert.Null(CommandLine.Read(["up"]).Line!.Roles);
        Assert.Equal("--roles needs api, silo or api,silo.", CommandLine.Read(["up", "--roles", "worker"]).Problem);
        Assert.Equal("--roles needs api, silo or api,silo.", CommandLine.Read(["up", "--roles"]).Problem);
    }
}

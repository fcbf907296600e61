using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm;

public sealed class Eip712Tests
{
    [Fact]
    public void The_example_of_the_standard_hashes_as_published()
    {
        var domain = new Eip712Domain("Ether Mail", "1", 1, Address.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"));
        Assert.Equal("0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f", domain.Separator().ToString());

        const string Person = "Person(string name,address wallet)";
        var person = Eip712.TypeHash(Person);
        var from = Eip712.HashStruct(person, [Eip712.HashText("Cow"), Bytes32.From(Address.Parse("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"))]);
        var to = Eip712.HashStruct(person, [Eip712.HashText("Bob"), Bytes32.From(Address.Parse("0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"))]);
        var mail = Eip712.HashStruct(Eip712.TypeHash("Mail(Person from,Person to,string contents)" + Person), [from, to, Eip712.HashText("Hello, Bob!")]);
        Assert.Equal("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2", Eip712.Digest(domain.Separator(), mail).ToString());
    }

    [Fact]
    public void A_separator_is_the_same_when_asked_again_after_thousands_of_others()
    {
        var domain = new Eip712Domain("USDC", "2", 84532, default);
        var first = domain.Separator();
        for (ulong chain = 1; chain < 9000; chain++)
        {
            Assert.NotEqual(first, new Eip712Domain("x", "2", chain, default).Separator());
        }

        Assert.Equal(first, domain.Separator());
    }
}

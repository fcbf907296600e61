using AgentPay.X402;
using AgentPay.X402.Amounts;
using AgentPay.X402.Networks;

namespace AgentPay.Domain.Tests.X402;

public sealed class NetworkTests
{
    [Theory]
    [InlineData("eip155:1", "eip155", 1UL)]
    [InlineData("eip155:84532", "eip155", 84532UL)]
    [InlineData("eip155:18446744073709551615", "eip155", ulong.MaxValue)]
    [InlineData("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "solana", 0UL)]
    [InlineData("cloudflare:402", "cloudflare", 0UL)]
    [InlineData("ach:us", "ach", 0UL)]
    public void A_CAIP_2_name_is_read(string text, string space, ulong chainId)
    {
        Assert.True(Caip2Network.TryParse(text, out var network));
        Assert.Equal((text, space, chainId, chainId != 0), (network.Text, network.Namespace, network.EvmChainId, network.IsEvm));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("eip155")]
    [InlineData("eip155:")]
    [InlineData(":84532")]
    [InlineData("eip155:0")]
    [InlineData("eip155:01")]
    [InlineData("eip155:+1")]
    [InlineData("eip155:-1")]
    [InlineData("eip155: 1")]
    [InlineData("eip155:1 ")]
    [InlineData("eip155:0x1")]
    [InlineData("eip155:１")]
    [InlineData("eip155:*")]
    [InlineData("eip155:1:2")]
    [InlineData("eip155:18446744073709551616")]
    [InlineData("EIP155:1")]
    [InlineData("ei:1")]
    [InlineData("base-sepolia")]
    [InlineData("solana:12345678901234567890123456789012345678901234567890123456789012345")]
    public void What_is_no_canonical_name_is_refused(string? text) => Assert.False(Caip2Network.TryParse(text, out _));

    [Fact]
    public void Every_v1_name_stands_for_one_network_and_back()
    {
        Assert.Equal(26, LegacyNetworkNames.All.Count);
        foreach (var (name, caip2) in LegacyNetworkNames.All)
        {
            Assert.True(Caip2Network.TryParse(caip2, out _), caip2);
            Assert.Equal(caip2, LegacyNetworkNames.ToCaip2(name));
            Assert.Equal(name, LegacyNetworkNames.FromCaip2(caip2));
        }
    }

    [Fact]
    public void Only_the_table_converts()
    {
        Assert.Null(LegacyNetworkNames.ToCaip2("eip155:8453"));
        Assert.Null(LegacyNetworkNames.ToCaip2("Base"));
        Assert.Null(LegacyNetworkNames.FromCaip2("eip155:42161"));
        Assert.Null(LegacyNetworkNames.ForVersion(X402Version.V1, "eip155:42161"));
        Assert.Equal("eip155:42161", LegacyNetworkNames.ForVersion(X402Version.V2, "eip155:42161"));
    }

    [Fact]
    public void Every_default_asset_is_a_token_on_an_EVM_network()
    {
        Assert.Equal(26, DefaultAssets.All.Count);
        foreach (var asset in DefaultAssets.All)
        {
            Assert.True(Caip2Network.TryParse(asset.Network, out var network) && network.IsEvm, asset.Network);
            Assert.True(HexText.IsAddress(asset.Address), asset.Address);
            Assert.Same(asset, DefaultAssets.Find(asset.Network));
        }
    }

    [Theory]
    [InlineData("eip155:8453", "USD Coin")]
    [InlineData("eip155:84532", "USDC")]
    [InlineData("eip155:14", "USD₮0")]
    public void The_same_coin_has_another_domain_name_elsewhere(string network, string name) => Assert.Equal(name, DefaultAssets.Find(network)?.Name);
}

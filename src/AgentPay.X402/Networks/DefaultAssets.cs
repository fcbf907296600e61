using System.Collections.Frozen;

namespace AgentPay.X402.Networks;

/// <summary>The default asset of each network, as the x402 reference clients know them.</summary>
public static class DefaultAssets
{
    private static readonly DefaultAsset[] Table =
    [
        new("eip155:8453", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin", "2", 6),
        new("eip155:84532", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", "2", 6),
        new("eip155:1", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin", "2", 6),
        new("eip155:137", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin", "2", 6),
        new("eip155:42161", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USD Coin", "2", 6),
        new("eip155:421614", "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d", "USD Coin", "2", 6),
        new("eip155:43114", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin", "2", 6),
        new("eip155:143", "0x754704Bc059F8C67012fEd69BC8A327a5aafb603", "USDC", "2", 6),
        new("eip155:42220", "0xcebA9300f2b948710d2653dD7B07f33A8B32118C", "USDC", "2", 6),
        new("eip155:11142220", "0x01C5C0122039549AD1493B8220cABEdD739BC44E", "USDC", "2", 6),
        new("eip155:1329", "0xe15fC38F6D8c56aF07bbCBe3BAf5708A2Bf42392", "USDC", "2", 6),
        new("eip155:1328", "0x4fCF1784B31630811181f670Aea7A7bEF803eaED", "USDC", "2", 6),
        new("eip155:50", "0xfA2958CB79b0491CC627c1557F441eF849Ca8eb1", "USDC", "2", 6),
        new("eip155:51", "0xb5AB69F7bBada22B28e79C8FFAECe55eF1c771D4", "USDC", "2", 6),
        new("eip155:988", "0x779Ded0c9e1022225f8E0630b35a9b54bE713736", "USDT0", "1", 6),
        new("eip155:2201", "0x78Cf24370174180738C5B8E352B6D14c83a6c9A9", "USDT0", "1", 6),
        new("eip155:14", "0xe7cd86e13AC4309349F30B3435a9d337750fC82D", "USD₮0", "1", 6),
        new("eip155:36900", "0x9cb8142aEBBcdc60AF7c97Af897A67A8f3CA71C2", "USDC.e", "2", 6),
        new("eip155:190415", "0x401eCb1D350407f13ba348573E5630B83638E30D", "Bridged USDC", "2", 6),
        new("eip155:181228", "0x401eCb1D350407f13ba348573E5630B83638E30D", "Bridged USDC", "2", 6),
        new("eip155:4326", "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7", "MegaUSD", "1", 18, SupportsEip3009: false),
        new("eip155:31612", "0xdD468A1DDc392dcdbEf6db6e34E89AA338F9F186", "Mezo USD", "1", 18, SupportsEip3009: false),
        new("eip155:31611", "0x118917a40FAF1CD7a13dB0Ef56C86De7973Ac503", "Mezo USD", "1", 18, SupportsEip3009: false),
        new("eip155:723487", "0x33ad9e4BD16B69B5BFdED37D8B5D9fF9aba014Fb", "Stable Coin", "1", 6, SupportsEip3009: false),
        new("eip155:72344", "0x33ad9e4BD16B69B5BFdED37D8B5D9fF9aba014Fb", "Stable Coin", "1", 6, SupportsEip3009: false),
        new("eip155:38833", "0xA5b8BF902b2844dA17d4506cc827F7F1681735E7", "USDC", "1", 6, SupportsEip3009: false),
    ];

    private static readonly FrozenDictionary<string, DefaultAsset> ByNetwork =
        Table.ToFrozenDictionary(asset => asset.Network, StringComparer.Ordinal);

    /// <summary>One row a network, in a fixed order.</summary>
    public static IReadOnlyList<DefaultAsset> All => Table;

    /// <summary>The default asset of a network; null when there is none.</summary>
    public static DefaultAsset? Find(string network) => ByNetwork.GetValueOrDefault(network);
}

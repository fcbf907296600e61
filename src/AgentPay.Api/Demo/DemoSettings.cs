using AgentPay.X402.Schemes;

namespace AgentPay.Api.Demo;

/// <summary>Settings under <c>AgentPay:Demo</c>: the price of <c>GET /demo/quote</c>. All empty: there is no demo endpoint.</summary>
public sealed class DemoSettings
{
    /// <summary>Who is paid.</summary>
    public string PayTo { get; set; } = "";

    /// <summary>Price in the token's smallest unit.</summary>
    public string Price { get; set; } = "1000";

    /// <summary>CAIP-2 network; one of the configured chains.</summary>
    public string Network { get; set; } = "";

    /// <summary>Token contract; one of that chain's tokens.</summary>
    public string Asset { get; set; } = "";

    /// <summary>How the token is moved: <c>eip3009</c> or <c>permit2</c>.</summary>
    public string TransferMethod { get; set; } = SchemeNames.Eip3009;
}

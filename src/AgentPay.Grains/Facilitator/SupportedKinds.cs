using AgentPay.Grains.Chains;
using AgentPay.X402;
using AgentPay.X402.Extensions;
using AgentPay.X402.Messages;
using AgentPay.X402.Networks;
using AgentPay.X402.Schemes;

namespace AgentPay.Grains.Facilitator;

/// <summary>What this engine settles, in both versions' names.</summary>
internal static class SupportedKinds
{
    public static SupportedResponse Of(ChainDesk desk)
    {
        var kinds = new List<SupportedKind>();
        foreach (var network in desk.Networks)
        {
            kinds.Add(new SupportedKind(X402Version.V2, SchemeNames.Exact, network));
            if (LegacyNetworkNames.FromCaip2(network) is not null)
            {
                // By its CAIP-2 name here too: the answer's writer gives version 1 its own.
                kinds.Add(new SupportedKind(X402Version.V1, SchemeNames.Exact, network));
            }
        }

        var signers = desk.Networks.SelectMany(desk.SignersOf).Distinct().ToArray();
        return new SupportedResponse(kinds, [GasSponsoringExtension.Eip2612, GasSponsoringExtension.Erc20Approval], [new SupportedSigners("eip155:*", signers)]);
    }
}

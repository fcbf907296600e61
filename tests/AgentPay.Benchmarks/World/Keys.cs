using System.Text;
using AgentPay.Chains.Evm;

namespace AgentPay.Benchmarks.World;

/// <summary>Keys that everyone knows: never send anything of value to them.</summary>
internal static class Keys
{
    public static string Hex(string role, int number = 0) =>
        Bytes32.Keccak(Encoding.UTF8.GetBytes($"agentpay benchmark {role} {number}")).ToString();

    public static EvmSigner Of(string role, int number = 0) => EvmSigner.Parse(Hex(role, number));
}

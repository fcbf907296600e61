using System.Security.Cryptography;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>A chain with a factory of wallets that the engine allows, and another that it does not.</summary>
public class WalletWorld : EngineOnChain
{
    private static readonly byte[] Magic = Convert.FromHexString(string.Concat(Enumerable.Repeat("6492", 16)));

    /// <summary>The allowed one.</summary>
    internal Address Factory { get; private set; }

    /// <summary>The same code at an address that nobody allowed.</summary>
    internal Address Stranger { get; private set; }

    private protected virtual string ChainArguments => "";

    /// <summary>A payment from a wallet that is not deployed, signed by its key, wrapped with what deploys it.</summary>
    /// <param name="factory">What is named as its factory; null: the allowed one. The wallet is always where that one deploys it.</param>
    /// <param name="calldata">What is named as the call; null: the one that deploys it.</param>
    /// <param name="signer">Who signs; null: the wallet's key.</param>
    /// <param name="version">1 or 2.</param>
    /// <param name="function">The factory's function that deploys it.</param>
    internal async Task<Payment> NewWalletPaymentAsync(Address? factory = null, byte[]? calldata = null, EvmSigner? signer = null, int version = 2, string function = "createAccount(address)")
    {
        using var key = new EvmSigner(RandomNumberGenerator.GetBytes(32));
        var deploy = new AbiWriter(function).Address(key.Address).ToArray();
        var answer = await Chain.CallAsync("eth_call", new { to = Factory.ToString(), data = "0x" + Convert.ToHexStringLower(deploy) }, "latest");
        var wallet = new Address(Convert.FromHexString(answer.GetString().AsSpan(2)).AsSpan(12));
        await Chain.MintAsync(wallet, 1_000_000);
        var payment = Payment.Sign(Chain, signer ?? key, version, transfer => transfer with { From = wallet });
        payment.Signature = "0x" + Convert.ToHexStringLower(Wrap(factory ?? Factory, calldata ?? deploy, payment.Transfer.Signature.Span));
        payment.DeployCalldata = deploy;
        return payment;
    }

    /// <summary>Somebody deploys the wallet.</summary>
    internal async Task DeployAsync(Payment payment)
    {
        var somebody = (await Chain.CallAsync("eth_accounts"))[1].GetString()!;
        await Chain.SendAsync(somebody, Factory.ToString(), payment.DeployCalldata);
    }

    internal static byte[] Wrap(Address factory, ReadOnlySpan<byte> calldata, ReadOnlySpan<byte> signature) =>
        [.. new AbiWriter(ReadOnlySpan<byte>.Empty).Address(factory).Bytes(calldata).Bytes(signature).ToArray(), .. Magic];

    private protected override async Task<TestChain> StartChainAsync()
    {
        var chain = await TestChain.StartAsync(ChainArguments);
        await chain.PutAsync(Multicall3.Address, "TestMulticall3");
        Factory = await chain.MakeAsync("TestWalletFactory");
        Stranger = await chain.MakeAsync("TestWalletFactory");
        return chain;
    }

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Chains__0__WalletFactories__0"] = Factory.ToString();
        return settings;
    }
}

/// <summary>The same on a chain that mines only when told; a settle request gives up waiting after two seconds.</summary>
public sealed class ManualWalletWorld : WalletWorld
{
    private protected override string ChainArguments => "--no-mining";

    private protected override Dictionary<string, string> Change(Dictionary<string, string> settings)
    {
        settings["AgentPay__Facilitator__SettleWaitSeconds"] = "2";
        return base.Change(settings);
    }
}

using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>A node with a token, Multicall3 and a factory of wallets.</summary>
public sealed class WalletChain : IAsyncLifetime
{
    public Anvil Anvil { get; } = new();

    public Address Token { get; private set; }

    public Address Factory { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await Anvil.InitializeAsync();
        Token = await Anvil.DeployTokenAsync();
        Factory = await Anvil.DeployAsync("TestWalletFactory");
        var multicall = await Anvil.DeployAsync("TestMulticall3");
        await Anvil.SetCodeAsync(Multicall3.Address, (await Anvil.CallAsync("eth_getCode", $"[\"{multicall}\",\"latest\"]")).GetString()![2..]);
    }

    public ValueTask DisposeAsync() => Anvil.DisposeAsync();

    /// <summary>A transfer of all that the undeployed wallet of this key owns, signed by the key.</summary>
    public async Task<Eip3009Transfer> TransferAsync(string key)
    {
        var calldata = new AbiWriter("createAccount(address)").Address(TestTransfers.Payer(key).Address).ToArray();
        var answer = await Anvil.CallAsync("eth_call", $$"""[{"to":"{{Factory}}","data":"0x{{Convert.ToHexStringLower(calldata)}}"},"latest"]""");
        var wallet = new Address(answer.Unhex().AsSpan(12));
        await Anvil.MintAsync(Token, wallet, 100UL);
        return Sign(key, TestTransfers.Unsigned(Token, wallet, 100UL) with { PayerHasCode = true, Deployment = new WalletDeployment(Factory, calldata) });
    }

    public Eip3009Transfer Sign(string key, Eip3009Transfer transfer) => transfer.Signed(TestTransfers.Payer(key), Anvil.ChainId);

    /// <summary>Sends the transfer's one transaction and gives its receipt.</summary>
    public async Task<TransactionReceipt> SendAsync(EvmChain chain, Eip3009Transfer transfer)
    {
        var (target, calldata) = Eip3009.Call(transfer);
        var signed = await Anvil.SignAsync(target, calldata);
        await chain.SubmitAsync(signed.Raw, TestContext.Current.CancellationToken);
        await Anvil.MineAsync();
        return Assert.Single(await chain.ReadReceiptsAsync([signed.Hash], TestContext.Current.CancellationToken))!;
    }
}

using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>Somebody who uses the authorizations that the engine is about to use, just before its transactions reach the node.</summary>
internal sealed class FirstComer : IDisposable
{
    private readonly TestChain _chain;
    private readonly RpcProxy _proxy;
    private readonly EvmSigner _key;
    private readonly Dictionary<string, Payment> _waiting;
    private ulong _nonce;

    private FirstComer(TestChain chain, RpcProxy proxy, EvmSigner key, IEnumerable<Payment> payments)
    {
        (_chain, _proxy, _key) = (chain, proxy, key);
        _waiting = payments.ToDictionary(static payment => payment.Transfer.Nonce.ToString()[2..]);
        proxy.BeforeSending = UseAsync;
    }

    public Address Address => _key.Address;

    public static async Task<FirstComer> ComeAsync(TestChain chain, RpcProxy proxy, IEnumerable<Payment> payments) =>
        new(chain, proxy, await chain.NewGasKeyAsync(), payments);

    public void Dispose()
    {
        _proxy.BeforeSending = null;
        _key.Dispose();
    }

    private Task UseAsync(string request)
    {
        var signed = new List<SignedTransaction>();
        lock (_waiting)
        {
            foreach (var nonce in _waiting.Keys.Where(nonce => request.Contains(nonce, StringComparison.OrdinalIgnoreCase)).ToArray())
            {
                signed.Add(_key.Sign(new TransactionRequest(_chain.ChainId, _nonce++, 200_000, Emptying.Fees, _chain.Token, 0UL, Eip3009.Calldata(_waiting[nonce].Transfer))));
                _waiting.Remove(nonce);
            }
        }

        return signed.Count == 0 ? Task.CompletedTask : _proxy.SendAsync(signed);
    }
}

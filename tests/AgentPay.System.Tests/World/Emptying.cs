using System.Collections.Concurrent;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>Payers who own what one payment costs and take it away just before the engine's transaction reaches the node, so that it pays nothing.</summary>
internal sealed class Emptying
{
    /// <summary>What any transaction is mined for.</summary>
    public static readonly FeeQuote Fees = new(IsLegacy: false, MaxFeePerGas: 1_000_000_000_000UL, MaxPriorityFeePerGas: 1_000_000_000UL);

    private readonly ConcurrentDictionary<string, SignedTransaction> _signed = new();
    private readonly RpcProxy _proxy;

    private Emptying(RpcProxy proxy)
    {
        _proxy = proxy;
        proxy.BeforeSending = EmptyAsync;
    }

    /// <summary>One payment of each of so many payers.</summary>
    public static async Task<Payment[]> ArrangeAsync(TestChain chain, RpcProxy proxy, int payers, Func<Eip3009Transfer, Eip3009Transfer>? change = null)
    {
        var keys = Enumerable.Range(0, payers).Select(static _ => new EvmSigner(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32))).ToArray();
        await chain.EndowAsync(keys.Select(static key => key.Address), Payment.Price);
        var emptying = new Emptying(proxy);
        return [.. keys.Select(key =>
        {
            using (key)
            {
                emptying._signed[key.Address.ToString()[2..].ToLowerInvariant()] = key.Sign(Away(chain));
                return Payment.Sign(chain, key, change: change);
            }
        })];
    }

    private static TransactionRequest Away(TestChain chain) => new(
        chain.ChainId, 0, 100_000, Fees, chain.Token, 0UL,
        new AbiWriter("transfer(address,uint256)").Address(Address.Parse("0xe000000000000000000000000000000000000e00")).Number(Payment.Price).ToArray());

    private async Task EmptyAsync(string request)
    {
        var gone = _signed.Keys.Where(request.Contains).Select(payer => _signed.TryRemove(payer, out var away) ? away : null).OfType<SignedTransaction>().ToArray();
        if (gone.Length > 0)
        {
            await _proxy.SendAsync(gone);
        }
    }
}

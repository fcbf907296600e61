using System.Text.Json.Nodes;
using AgentPay.Chains.Evm;

namespace AgentPay.SystemTests.World;

/// <summary>Payments by Permit2 that bring the payer's own transaction to approve it (x402 v2, extension erc20ApprovalGasSponsoring).</summary>
internal static class SignedApprovals
{
    public const ulong GasLimit = 70_000;

    public static byte[] Calldata(Address? spender = null, UInt256? atoms = null) =>
        new AbiWriter("approve(address,uint256)").Address(spender ?? Permit2.Contract).Number(atoms ?? UInt256.MaxValue).ToArray();

    /// <summary>A payment of this payer with its approval.</summary>
    /// <param name="chain">Where.</param>
    /// <param name="payer">Whose.</param>
    /// <param name="change">Changes the transaction before it is signed.</param>
    /// <param name="signer">Who signs the transaction, when it is another.</param>
    public static Payment Pay(TestChain chain, EvmSigner payer, Func<TransactionRequest, TransactionRequest>? change = null, EvmSigner? signer = null)
    {
        var fees = chain.IsZeroGas ? new FeeQuote(true, UInt256.Zero, UInt256.Zero) : new FeeQuote(false, 3_000_000_000UL, 1UL);
        var request = new TransactionRequest(chain.ChainId, 0, GasLimit, fees, chain.Token, UInt256.Zero, Calldata());
        var payment = Payment.SignPermit2(chain, payer);
        payment.Payload["extensions"] = new JsonObject
        {
            ["erc20ApprovalGasSponsoring"] = new JsonObject
            {
                ["info"] = new JsonObject
                {
                    ["from"] = payer.Address.ToString(),
                    ["asset"] = chain.Token.ToString(),
                    ["spender"] = Permit2.Contract.ToString(),
                    ["amount"] = UInt256.MaxValue.ToString(),
                    ["signedTransaction"] = "0x" + Convert.ToHexStringLower((signer ?? payer).Sign(change?.Invoke(request) ?? request).Raw.Span),
                    ["version"] = "1",
                },
            },
        };
        return payment;
    }

    /// <summary>What the extension says, to be changed.</summary>
    public static JsonObject Info(this Payment payment) => payment.Payload["extensions"]!["erc20ApprovalGasSponsoring"]!["info"]!.AsObject();
}

using AgentPay.Chains.Evm;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Methods;

/// <summary>The x402 proxy asks Permit2 to move the money; neither says whose nonce it was.</summary>
internal sealed class Permit2Method : ITransferMethod
{
    public static readonly Permit2Method Instance = new();

    public SettlementCall CallOf(SettlementTerms terms) => new(Permit2.Proxy, Permit2.Calldata(ToTransfer(terms)));

    public TransferProof Prove(TransactionReceipt receipt, SettlementTerms terms) => Permit2.Prove(receipt, ToTransfer(terms));

    public Task<bool> IsUsedAsync(IEvmChain chain, SettlementTerms terms, BlockTag? block, CancellationToken cancellationToken) =>
        On(chain).ReadNonceAsync(Address.Parse(terms.Payer), NonceOf(terms), block, cancellationToken);

    public Task<AuthorizationTrace> FindAsync(IEvmChain chain, SettlementTerms terms, ulong fromBlock, CancellationToken cancellationToken) =>
        On(chain).FindAsync(ToTransfer(terms), fromBlock, cancellationToken);

    /// <summary>Permit2 takes the second of the deadline itself.</summary>
    public bool IsOverAt(SettlementTerms terms, ulong blockTime) => ulong.TryParse(terms.ValidBefore, out var deadline) && blockTime > deadline;

    private static IPermit2Chain On(IEvmChain chain) => chain.Permit2 ?? throw new ChainUnavailableException($"{chain.Network} cannot be asked about Permit2.");

    private static UInt256 NonceOf(SettlementTerms terms) => new(Bytes32.Parse(terms.Nonce).ToArray());

    public static Task<Permit2Reading> ReadAsync(IEvmChain chain, SettlementTerms terms, CancellationToken cancellationToken) =>
        On(chain).ReadTransferAsync(ToTransfer(terms), cancellationToken);

    private static Permit2Transfer ToTransfer(SettlementTerms terms) => new(
        Address.Parse(terms.Token), Address.Parse(terms.Payer), Address.Parse(terms.PayTo), terms.Atoms, NonceOf(terms),
        UInt256.Parse(terms.ValidBefore), UInt256.Parse(terms.ValidAfter), Convert.FromHexString(terms.Signature.AsSpan(2)))
    {
        PayerHasCode = terms.PayerHasCode,
        Permit = terms.Permit is { } permit ? new Eip2612Permit(UInt256.Parse(permit.Deadline), SignatureOf(permit)) : null,
    };

    private static EcdsaSignature SignatureOf(PermitTerms permit)
    {
        Invariant.That(EcdsaSignature.TryParse(Convert.FromHexString(permit.Signature.AsSpan(2)), out var signature), "A stored permit was parsed before it was stored.");
        return signature;
    }
}

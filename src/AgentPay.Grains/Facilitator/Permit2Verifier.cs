using System.Globalization;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;
using AgentPay.X402;
using AgentPay.X402.Messages;
using AgentPay.X402.Schemes;

namespace AgentPay.Grains.Facilitator;

/// <summary>The rules of scheme <c>exact</c> by Permit2, cheap ones first: text, then the operator's allow-list, then the signature, then the chain.</summary>
internal sealed class Permit2Verifier(ChainDesk desk, TimeProvider clock)
{
    /// <summary>Gas of a transfer from a plain key: measured 104,000 with the test token, and a proxied stablecoin takes more; what is not used is not paid.</summary>
    private const ulong KeyTransferGas = 220_000;

    /// <summary>Gas of the approval that may go first: measured 31,000 with the test token.</summary>
    private const ulong PermitGas = 90_000;

    /// <summary>A contract wallet may not make the engine pay for more than this.</summary>
    private const ulong WalletTransferGasMax = 450_000;

    /// <summary>Everything that can be said without the chain; broken time rules are kept apart, for a settled payment may be asked about after its end.</summary>
    public (PreparedPayment? Payment, string? Refusal) Prepare(PaymentPayload payment, PaymentRequirements requirements)
    {
        var broken = ExactEvmPermit2Rules.Check(payment, requirements, clock.GetUtcNow());
        if (broken is not null && !ExactEvmPermit2Rules.IsAboutTime(broken))
        {
            return (null, broken);
        }

        if (payment.Eip2612 is { } approval)
        {
            var refused = ExactEvmPermit2Rules.CheckApproval(approval, payment.Permit2!, clock.GetUtcNow())
                ?? (EcdsaSignature.TryParse(Convert.FromHexString(approval.Signature.AsSpan(2)), out _) ? null : ErrorCodes.InvalidEip2612ExtensionFormat);
            if (refused is not null && !ExactEvmPermit2Rules.IsAboutTime(refused))
            {
                return (null, refused);
            }

            broken ??= refused;
        }

        SignedApproval? signedApproval = null;
        if (payment is { Eip2612: null, Erc20Approval: { } transaction } && ReadApproval(transaction, payment.Permit2!, out signedApproval) is { } fault)
        {
            return (null, fault);
        }

        if (desk.ChainOf(requirements.Network) is not { } chain)
        {
            return (null, ErrorCodes.InvalidNetwork);
        }

        var token = Address.Parse(requirements.Asset);
        if (desk.SettingsOf(requirements.Network)!.FindToken(token.ToString()) is null)
        {
            return (null, ErrorCodes.InvalidPaymentRequirements);
        }

        var transfer = ToTransfer(payment.Permit2!, token) with { Permit = ToPermit(payment.Eip2612) };
        var digest = Permit2.Digest(transfer, chain.ChainId);
        var signedByPayer = EcdsaSignature.TryParse(transfer.Signature.Span, out var ecdsa) && ecdsa.TryRecover(digest, out var signer) && signer == transfer.From;
        return (new PreparedPayment(ToTerms(requirements.Network, transfer, digest), digest, signedByPayer, broken) { Permit2 = transfer, Approval = signedApproval }, null);
    }

    /// <summary>What the chain says now; null when the proxy would make the transfer. Also says what gas it needs.</summary>
    public async Task<(string? Refusal, PreparedPayment Payment)> CheckChainAsync(PreparedPayment payment, Permit2Transfer transfer, CancellationToken cancellationToken)
    {
        var chain = desk.ChainOf(payment.Terms.Network)!;
        if (chain.Permit2 is not { } permit2)
        {
            return (ErrorCodes.Permit2ProxyNotDeployed, payment);
        }

        payment = payment with { Terms = payment.Terms with { UnusedAt = desk.HeightOf(payment.Terms.Network) } };
        var reading = await permit2.ReadTransferAsync(transfer, cancellationToken);
        if (reading is { PayerHasCode: false, Verdict: Permit2Verdict.AllowanceRequired } && payment is { SignedByPayer: true, Approval: { } approval })
        {
            var terms = payment.Terms;
            return await ApprovalCheck.RunAsync(chain, transfer, approval, (need, quote) => desk.JudgeGiftAsync(terms, need, quote, cancellationToken), cancellationToken) is { } refusal
                ? (refusal, payment)
                : (null, payment.ByApproval(approval));
        }

        if (!reading.PayerHasCode)
        {
            return (payment.SignedByPayer ? CodeOf(reading.Verdict) : ErrorCodes.InvalidPermit2Signature, payment);
        }

        // A contract, or an account that delegated to one (EIP-7702), answers for itself, from the bytes as they came: no silent fall-back to its key.
        payment = payment.ByWallet();
        if (!await chain.IsValidSignatureAsync(transfer.From, payment.Digest, transfer.Signature, cancellationToken))
        {
            return (ErrorCodes.InvalidPermit2Signature, payment);
        }

        return CodeOf(reading.Verdict) is { } no ? (no, payment) : await LimitGasAsync(chain, payment, cancellationToken);
    }

    private async Task<(string? Refusal, PreparedPayment Payment)> LimitGasAsync(IEvmChain chain, PreparedPayment payment, CancellationToken cancellationToken)
    {
        var sender = Address.Parse(desk.SignersOf(payment.Terms.Network)[0]);
        var gas = await chain.EstimateGasAsync(sender, Permit2.Proxy, Permit2.Calldata(payment.Permit2!), cancellationToken);
        return gas is null or > WalletTransferGasMax
            ? (ErrorCodes.Permit2SimulationFailed, payment)
            : (null, payment with { Terms = payment.Terms with { GasLimit = Math.Min(gas.Value + (gas.Value / 4), WalletTransferGasMax) } });
    }

    private static string? ReadApproval(Erc20Approval approval, Permit2Authorization signed, out SignedApproval? read)
    {
        read = null;
        if (ExactEvmPermit2Rules.CheckApproval(approval, signed) is { } refusal)
        {
            return refusal;
        }

        var raw = Convert.FromHexString(approval.SignedTransaction.AsSpan(2));
        return SignedApproval.TryRead(raw, Address.Parse(signed.Token), Address.Parse(signed.From), out read, out var fault) ? null : ApprovalCheck.CodeOf(fault);
    }

    private static Permit2Transfer ToTransfer(Permit2Authorization signed, Address token) => new(
        token, Address.Parse(signed.From), Address.Parse(signed.To), UInt256.Parse(signed.Amount), UInt256.Parse(signed.Nonce), UInt256.Parse(signed.Deadline),
        UInt256.Parse(signed.ValidAfter), Convert.FromHexString(signed.Signature.AsSpan(2)));

    private static Eip2612Permit? ToPermit(Eip2612Approval? approval) =>
        approval is not null && EcdsaSignature.TryParse(Convert.FromHexString(approval.Signature.AsSpan(2)), out var signature)
            ? new Eip2612Permit(UInt256.Parse(approval.Deadline), signature)
            : null;

    private static SettlementTerms ToTerms(string network, Permit2Transfer transfer, Bytes32 digest) => new()
    {
        Network = network,
        Method = SettlementMethods.Permit2,
        Token = transfer.Token.ToString(),
        NonceKeeper = Permit2.Contract.ToString(),
        DomainName = "Permit2",
        DomainVersion = "",
        Payer = transfer.From.ToString(),
        PayTo = transfer.To.ToString(),
        Atoms = UInt128.Parse(transfer.Value.ToString(), CultureInfo.InvariantCulture),
        ValidAfter = transfer.ValidAfter.ToString(),
        ValidBefore = transfer.Deadline.ToString(),
        Nonce = Bytes32.From(transfer.Nonce).ToString(),
        Signature = "0x" + Convert.ToHexStringLower(transfer.Signature.Span),
        Digest = digest.ToString(),
        GasLimit = transfer.Permit is null ? KeyTransferGas : KeyTransferGas + PermitGas,
        Permit = transfer.Permit is { } permit ? new PermitTerms(permit.Deadline.ToString(), "0x" + Convert.ToHexStringLower(permit.Signature.ToArray())) : null,
    };

    internal static string? CodeOf(Permit2Verdict verdict) => verdict switch
    {
        Permit2Verdict.Accepted => null,
        Permit2Verdict.TokenHasNoCode => ErrorCodes.AssetNotDeployedContract,
        Permit2Verdict.ProxyNotDeployed => ErrorCodes.Permit2ProxyNotDeployed,
        Permit2Verdict.NonceUsed => ErrorCodes.Permit2InvalidNonce,
        Permit2Verdict.InsufficientBalance => ErrorCodes.Permit2InsufficientBalance,
        Permit2Verdict.AllowanceRequired => ErrorCodes.Permit2AllowanceRequired,
        Permit2Verdict.SimulationFailed => ErrorCodes.Permit2SimulationFailed,
    };
}

using System.Globalization;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;
using AgentPay.X402;
using AgentPay.X402.Messages;
using AgentPay.X402.Schemes;

namespace AgentPay.Grains.Facilitator;

/// <summary>
/// The rules of scheme <c>exact</c> by EIP-3009, cheap ones first: text, then the operator's allow-list, then the signature, then the chain.
/// Payments by another method go to its own verifier.
/// </summary>
internal sealed class PaymentVerifier(ChainDesk desk, Permit2Verifier permit2, TimeProvider clock)
{
    /// <summary>Gas of a transfer from a plain key: measured 86,000 to 105,000 for proxied stablecoins; what is not used is not paid.</summary>
    private const ulong KeyTransferGas = 160_000;

    /// <summary>A contract wallet may not make the engine pay for more than this.</summary>
    private const ulong WalletTransferGasMax = 400_000;

    /// <summary>Nor for more than this where the wallet is deployed first (ERC-6492): factories take 150,000 to 400,000, with many owners more.</summary>
    private const ulong DeploymentGasMax = 1_500_000;

    /// <summary>Everything that can be said without the chain; broken time rules are kept apart, for a settled payment may be asked about after its end.</summary>
    public (PreparedPayment? Payment, string? Refusal) Prepare(PaymentPayload payment, PaymentRequirements requirements) =>
        requirements.Extra.AssetTransferMethod == SchemeNames.Permit2 ? permit2.Prepare(payment, requirements) : PrepareEip3009(payment, requirements);

    private (PreparedPayment? Payment, string? Refusal) PrepareEip3009(PaymentPayload payment, PaymentRequirements requirements)
    {
        var broken = ExactEvmRules.Check(payment, requirements, clock.GetUtcNow());
        var isTime = broken is ErrorCodes.InvalidExactEvmValidBefore or ErrorCodes.InvalidExactEvmValidAfter;
        if (broken is not null && !isTime)
        {
            return (null, broken);
        }

        var signed = payment.Authorization!;
        if (desk.ChainOf(requirements.Network) is not { } chain)
        {
            return (null, ErrorCodes.InvalidNetwork);
        }

        if (signed.Value != requirements.Amount)
        {
            return (null, payment.Version == X402Version.V1 ? ErrorCodes.InvalidExactEvmValueV1 : ErrorCodes.InvalidExactEvmValueMismatch);
        }

        var token = Address.Parse(requirements.Asset);
        if (CheckToken(requirements, token) is { } refusal)
        {
            return (null, refusal);
        }

        return Prepare(chain, requirements, token, signed, isTime ? broken : null);
    }

    /// <summary>What the chain says now; null when it would accept the transfer. Also says what gas the transfer needs.</summary>
    public Task<(string? Refusal, PreparedPayment Payment)> CheckChainAsync(PreparedPayment payment, CancellationToken cancellationToken) =>
        payment.Permit2 is { } transfer ? permit2.CheckChainAsync(payment, transfer, cancellationToken) : CheckChainAsync(payment, payment.Eip3009!, cancellationToken);

    private async Task<(string? Refusal, PreparedPayment Payment)> CheckChainAsync(PreparedPayment payment, Eip3009Transfer transfer, CancellationToken cancellationToken)
    {
        var chain = desk.ChainOf(payment.Terms.Network)!;
        payment = payment with { Terms = payment.Terms with { UnusedAt = desk.HeightOf(payment.Terms.Network) } };
        var reading = await chain.ReadTransferAsync(transfer, cancellationToken);
        if (!reading.PayerHasCode)
        {
            return payment.IsWrapped ? await CheckDeploymentAsync(chain, payment, reading.Verdict, cancellationToken)
                : payment.SignedByPayer ? (CodeOf(reading.Verdict), payment)
                : (ErrorCodes.InvalidExactEvmSignature, payment);
        }

        // A contract, or an account that delegated to one (EIP-7702), answers for itself, from the bytes as they came: no silent fall-back to its key.
        payment = payment.ByWallet();
        if (!await chain.IsValidSignatureAsync(transfer.From, payment.Digest, transfer.Signature, cancellationToken))
        {
            return (ErrorCodes.InvalidExactEvmSignature, payment);
        }

        return CodeOf(reading.Verdict) is { } refusal ? (refusal, payment) : await LimitGasAsync(chain, payment, WalletTransferGasMax, cancellationToken);
    }

    /// <summary>A payer without code, and a signature that says how to deploy one: only by a factory that the operator allows is anything tried or sent.</summary>
    private async Task<(string? Refusal, PreparedPayment Payment)> CheckDeploymentAsync(
        IEvmChain chain, PreparedPayment payment, TransferVerdict verdict, CancellationToken cancellationToken)
    {
        if (payment.Eip3009!.Deployment is not { } deployment)
        {
            return (ErrorCodes.Eip6492FactoryNotAllowed, payment);
        }

        payment = payment.ByDeployment(deployment);
        var gasMax = Math.Min(DeploymentGasMax, desk.SettingsOf(payment.Terms.Network)!.Sending.GasPerTransactionMax);
        return CodeOf(verdict) is { } refusal ? (refusal, payment) : await LimitGasAsync(chain, payment, gasMax, cancellationToken);
    }

    private async Task<(string? Refusal, PreparedPayment Payment)> LimitGasAsync(
        IEvmChain chain, PreparedPayment payment, ulong gasMax, CancellationToken cancellationToken)
    {
        var sender = Address.Parse(desk.SignersOf(payment.Terms.Network)[0]);
        var (target, calldata) = Eip3009.Call(payment.Eip3009!);
        var gas = await chain.EstimateGasAsync(sender, target, calldata, cancellationToken);
        return gas is null || gas > gasMax
            ? (ErrorCodes.InvalidExactEvmSimulationFailed, payment)
            : (null, payment with { Terms = payment.Terms with { GasLimit = Math.Min(gas.Value + (gas.Value / 4), gasMax) } });
    }

    private string? CheckToken(PaymentRequirements requirements, Address token)
    {
        if (desk.SettingsOf(requirements.Network)!.FindToken(token.ToString()) is not { } allowed)
        {
            return ErrorCodes.InvalidPaymentRequirements;
        }

        if (requirements.Extra.Name != allowed.Name)
        {
            return ErrorCodes.InvalidExactEvmTokenNameMismatch;
        }

        return requirements.Extra.Version != allowed.Version ? ErrorCodes.InvalidExactEvmTokenVersionMismatch : null;
    }

    private (PreparedPayment? Payment, string? Refusal) Prepare(
        IEvmChain chain, PaymentRequirements requirements, Address token, TransferAuthorization signed, string? timeRefusal)
    {
        ReadOnlyMemory<byte> signature = Convert.FromHexString(signed.Signature.AsSpan(2));
        var isWrapped = Erc6492.IsWrapped(signature.Span);
        WalletDeployment? deployment = null;
        if (isWrapped && !Erc6492.TryUnwrap(signature, out deployment, out signature))
        {
            return (null, ErrorCodes.InvalidExactEvmSignature);
        }

        var transfer = new Eip3009Transfer(
            token, requirements.Extra.Name!, requirements.Extra.Version!, Address.Parse(signed.From), Address.Parse(signed.To), UInt256.Parse(signed.Value),
            UInt256.Parse(signed.ValidAfter), UInt256.Parse(signed.ValidBefore), Bytes32.Parse(signed.Nonce), signature)
        {
            PayerHasCode = isWrapped,
            Deployment = deployment is not null && desk.SettingsOf(requirements.Network)!.WalletFactories.Contains(deployment.Factory) ? deployment : null,
        };
        var digest = Eip3009.Digest(transfer, chain.ChainId);

        // Whether these rules are the payer's is for its code to say: a wallet's 65 bytes may be anything.
        var signedByPayer = EcdsaSignature.TryParse(signature.Span, out var ecdsa) && ecdsa.TryRecover(digest, out var signer) && signer == transfer.From;
        var terms = new SettlementTerms
        {
            Network = requirements.Network,
            Method = SettlementMethods.Eip3009,
            Token = token.ToString(),
            DomainName = transfer.DomainName,
            DomainVersion = transfer.DomainVersion,
            Payer = transfer.From.ToString(),
            PayTo = transfer.To.ToString(),
            Atoms = UInt128.Parse(signed.Value, CultureInfo.InvariantCulture),
            ValidAfter = signed.ValidAfter,
            ValidBefore = signed.ValidBefore,
            Nonce = transfer.Nonce.ToString(),
            Signature = "0x" + Convert.ToHexStringLower(signature.Span),
            Digest = digest.ToString(),
            GasLimit = KeyTransferGas,
        };
        return (new PreparedPayment(terms, digest, signedByPayer, timeRefusal) { Eip3009 = transfer, IsWrapped = isWrapped }, null);
    }

    private static string? CodeOf(TransferVerdict verdict) => verdict switch
    {
        TransferVerdict.Accepted => null,
        TransferVerdict.TokenHasNoCode => ErrorCodes.AssetNotDeployedContract,
        TransferVerdict.Eip3009NotSupported => ErrorCodes.InvalidExactEvmEip3009NotSupported,
        TransferVerdict.NonceUsed => ErrorCodes.InvalidExactEvmNonceAlreadyUsed,
        TransferVerdict.NameMismatch => ErrorCodes.InvalidExactEvmTokenNameMismatch,
        TransferVerdict.VersionMismatch => ErrorCodes.InvalidExactEvmTokenVersionMismatch,
        TransferVerdict.InsufficientBalance => ErrorCodes.InvalidExactEvmInsufficientBalance,
        TransferVerdict.DeploymentFailed => ErrorCodes.SmartWalletDeploymentFailed,
        TransferVerdict.SignatureRefused => ErrorCodes.InvalidExactEvmSignature,
        TransferVerdict.SimulationFailed => ErrorCodes.InvalidExactEvmSimulationFailed,
    };
}

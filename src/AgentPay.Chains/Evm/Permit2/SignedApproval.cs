using System.Diagnostics.CodeAnalysis;

namespace AgentPay.Chains.Evm;

/// <summary>A transaction of a payer that approves Permit2 at a token (EIP-20 <c>approve</c>), signed by the payer and ready to be sent by anyone.</summary>
/// <param name="Request">What was signed.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Raw">The bytes.</param>
/// <param name="Amount">Atoms that it approves.</param>
public sealed record SignedApproval(TransactionRequest Request, Bytes32 Hash, ReadOnlyMemory<byte> Raw, UInt256 Amount)
{
    private const int SelectorBytes = 4;
    private static readonly byte[] Approve = AbiWriter.SelectorOf("approve(address,uint256)");

    /// <summary>Reads it, in the order of the reference implementation.</summary>
    /// <param name="raw">The signed bytes.</param>
    /// <param name="token">The contract it must call.</param>
    /// <param name="owner">The account that must have signed it.</param>
    /// <param name="approval">It; null when there is a fault.</param>
    /// <param name="fault">The first thing that is wrong.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> raw, Address token, Address owner, [NotNullWhen(true)] out SignedApproval? approval, out SignedApprovalFault fault)
    {
        approval = null;
        TransactionRequest request;
        Address? sender;
        Bytes32 hash;
        try
        {
            (request, sender, hash) = EvmTransaction.Read(raw.Span);
        }
        catch (FormatException)
        {
            fault = SignedApprovalFault.Unreadable;
            return false;
        }

        fault = FaultOf(request, sender, token, owner);
        if (fault == SignedApprovalFault.None)
        {
            approval = new SignedApproval(request, hash, raw, new UInt256(request.Data.Span.Slice(SelectorBytes + UInt256.Bytes, UInt256.Bytes)));
        }

        return approval is not null;
    }

    private static SignedApprovalFault FaultOf(TransactionRequest request, Address? sender, Address token, Address owner)
    {
        var data = request.Data.Span;
        return request.To != token ? SignedApprovalFault.OtherTarget
            : !data.StartsWith(Approve) ? SignedApprovalFault.OtherFunction
            : data.Length != SelectorBytes + (2 * UInt256.Bytes) || !AbiReader.TryReadAddress(data[SelectorBytes..], 0, out var spender) ? SignedApprovalFault.UnreadableCall
            : spender != Permit2.Contract ? SignedApprovalFault.OtherSpender
            : sender is null ? SignedApprovalFault.NoKeysSignature
            : sender != owner ? SignedApprovalFault.OtherSigner
            : SignedApprovalFault.None;
    }
}

/// <summary>What is wrong with a signed approval.</summary>
public enum SignedApprovalFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>No transaction that is read here.</summary>
    Unreadable,

    /// <summary>It calls another contract.</summary>
    OtherTarget,

    /// <summary>It calls another function.</summary>
    OtherFunction,

    /// <summary>Its arguments are no address and number.</summary>
    UnreadableCall,

    /// <summary>It approves another than Permit2.</summary>
    OtherSpender,

    /// <summary>Its signature is no key's.</summary>
    NoKeysSignature,

    /// <summary>Another account signed it.</summary>
    OtherSigner,
}

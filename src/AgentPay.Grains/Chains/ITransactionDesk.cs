using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>What a signer grain needs of the chain side of its process: a way to sign now, and somebody who sends what is durable.</summary>
public interface ITransactionDesk
{
    /// <summary>Signs with this key at the fees of the moment; null while the fees are unknown, the key is not configured or sending is halted.</summary>
    TransactionPen? PenFor(string network, string address);

    /// <summary>Shows a signer's durable state; what is not on its way is sent, and everything open is followed. Older states are ignored.</summary>
    void Observe(Signer signer);
}

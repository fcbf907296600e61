namespace AgentPay.Chains.Evm;

/// <summary>What a receipt shows of one transfer authorization (EIP-3009 demands the events AuthorizationUsed and, by EIP-20, Transfer).</summary>
public enum TransferProof
{
    /// <summary>The transaction failed, or the token emitted no AuthorizationUsed(payer, nonce).</summary>
    None,

    /// <summary>AuthorizationUsed is there, but no Transfer of that payer, payee and value follows it before the next AuthorizationUsed.</summary>
    TransferMissing,

    /// <summary>Both are there.</summary>
    Whole,
}

/// <summary>Reads a <see cref="TransferProof"/> from a receipt.</summary>
public static class TransferProofReading
{
    extension(TransferProof)
    {
        /// <summary>Looks at the logs of <paramref name="token"/> alone, in order. Pure.</summary>
        public static TransferProof Read(TransactionReceipt receipt, Address token, Address from, Address to, UInt256 value, Bytes32 nonce)
        {
            if (!receipt.Succeeded)
            {
                return TransferProof.None;
            }

            var used = false;
            foreach (var log in receipt.Logs)
            {
                if (log.Address != token || log.Topics.Count != 3)
                {
                    continue;
                }

                if (log.Topics[0] == Eip3009.AuthorizationUsed)
                {
                    if (used)
                    {
                        return TransferProof.TransferMissing;
                    }

                    used = log.Topics[1] == Bytes32.From(from) && log.Topics[2] == nonce;
                }
                else if (used && TransferProof.IsTransfer(log, from, to, value))
                {
                    return TransferProof.Whole;
                }
            }

            return used ? TransferProof.TransferMissing : TransferProof.None;
        }

        /// <summary>True for the event <c>Transfer</c> (EIP-20) of exactly this payer, payee and value, whatever contract emitted it.</summary>
        internal static bool IsTransfer(EventLog log, Address from, Address to, UInt256 value) =>
            log.Topics is [var topic, var payer, var payee]
            && topic == Eip3009.Transfer
            && payer == Bytes32.From(from)
            && payee == Bytes32.From(to)
            && log.Data.Length == UInt256.Bytes
            && new UInt256(log.Data.Span) == value;
    }
}

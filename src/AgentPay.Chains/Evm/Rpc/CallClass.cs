namespace AgentPay.Chains.Evm;

/// <summary>What is asked, as far as it decides how long an answer is waited for.</summary>
internal enum CallClass
{
    /// <summary>A number the node has at hand: its chain, its head.</summary>
    Quick,

    /// <summary>Blocks, receipts, counts, simulations.</summary>
    Read,

    /// <summary>Logs of many blocks.</summary>
    Logs,

    /// <summary>A wallet contract's word, which the payer's own code gives.</summary>
    Wallet,

    /// <summary>Signed bytes.</summary>
    Submit,
}

/// <summary>How long an answer is waited for.</summary>
internal static class Patience
{
    /// <summary>
    /// The time for one answer. While another node can be asked, less is waited: a slow node holds nobody up. That goes for signed bytes too, since the
    /// next node may have the same ones.
    /// </summary>
    public static TimeSpan For(CallClass kind, bool hasNext, EvmChainOptions options)
    {
        var whole = kind switch
        {
            CallClass.Quick or CallClass.Read or CallClass.Submit => options.CallTimeout,
            CallClass.Logs => options.LogsTimeout,
            CallClass.Wallet => options.WalletTimeout,
        };
        var hurried = kind switch
        {
            CallClass.Quick or CallClass.Read or CallClass.Submit => options.FailoverTimeout,
            CallClass.Logs => options.CallTimeout,
            CallClass.Wallet => whole,
        };
        return hasNext && hurried < whole ? hurried : whole;
    }
}

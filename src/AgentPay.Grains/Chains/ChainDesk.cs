using System.Globalization;
using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;

namespace AgentPay.Grains.Chains;

/// <summary>All chains of this process, by network.</summary>
public sealed class ChainDesk : ITransactionDesk, ISettlementResolver
{
    private readonly Dictionary<string, ChainWorker> workers;

    internal ChainDesk(IEnumerable<ChainWorker> workers) => this.workers = workers.ToDictionary(worker => worker.Settings.Network);

    /// <summary>The health of every configured chain, in order of configuration.</summary>
    public IReadOnlyList<ChainHealth> Health => [.. workers.Values.Select(worker => worker.Health)];

    /// <summary>The networks that are configured.</summary>
    public IEnumerable<string> Networks => workers.Keys;

    /// <inheritdoc/>
    public TransactionPen? PenFor(string network, string address) => workers.GetValueOrDefault(network)?.PenFor(address);

    /// <inheritdoc/>
    public void Observe(Signer signer) => workers.GetValueOrDefault(signer.Network)?.Observe(signer);

    /// <inheritdoc/>
    public void Resolve(Settlement settlement) => workers.GetValueOrDefault(settlement.Terms.Network)?.Resolve(settlement);

    /// <summary>Whether the payer of a payment that is to go by <see cref="SenderOf"/> would be given the coins it lacks for its approval.</summary>
    internal Task<GiftVerdict> JudgeGiftAsync(SettlementTerms terms, GasNeed need, FeeQuote quote, CancellationToken cancellationToken) =>
        workers[terms.Network].JudgeGiftAsync(SenderOf(terms), need, quote, cancellationToken);

    /// <summary>Whether this process sends with each key: by network, and the key's number in the settings.</summary>
    internal IEnumerable<(string Network, int Key, bool IsHeld)> KeysHeld =>
        workers.Values.SelectMany(static worker => worker.KeysHeld.Select((isHeld, key) => (worker.Settings.Network, key, isHeld)));

    /// <summary>Wei that each key gave today for payers' approvals, with what giving cost at most, where any may be given: by network, and the key's number in the settings.</summary>
    internal IEnumerable<(string Network, int Key, UInt128 Wei)> GasMoneyToday =>
        workers.Values.SelectMany(static worker => worker.GasMoneyToday.Select(item => (worker.Settings.Network, item.Key, item.Wei)));

    /// <summary>A configured chain; null when the operator has none of that name.</summary>
    internal ChainWorker? Find(string network) => workers.GetValueOrDefault(network);

    /// <summary>The keys that can send now; all of them when none can, for then the payment waits with any.</summary>
    public IReadOnlyList<string> SendersOf(string network) => workers.GetValueOrDefault(network)?.SenderAddresses ?? [];

    /// <summary>The key that a payment goes by, of those that can send now.</summary>
    internal string SenderOf(SettlementTerms terms)
    {
        var senders = SendersOf(terms.Network);
        return senders[(int)(uint.Parse(terms.Nonce.AsSpan(2, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % (uint)senders.Count)];
    }

    /// <summary>The addresses that pay gas on a network.</summary>
    public IReadOnlyList<string> SignersOf(string network) => workers.GetValueOrDefault(network)?.SignerAddresses ?? [];

    /// <summary>A configured chain's settings; null when the operator has none of that name.</summary>
    public ChainSettings? SettingsOf(string network) => workers.GetValueOrDefault(network)?.Settings;

    /// <summary>Height of the newest block seen of a chain; null before the first.</summary>
    public ulong? HeightOf(string network) => workers.GetValueOrDefault(network)?.Height;

    /// <summary>The node side of a configured chain; null when the operator has none of that name.</summary>
    public IEvmChain? ChainOf(string network) => workers.GetValueOrDefault(network)?.Chain;
}

using System.Collections.Immutable;

namespace AgentPay.Chains.Evm.Simulated;

/// <summary>All accounts after one block; immutable, so that a reorganization goes back to an older one.</summary>
internal sealed record SimulatedLedger
{
    private static readonly byte[] TransferSelector =
        AbiWriter.SelectorOf("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)");

    public ImmutableDictionary<(Address Token, Address Owner), UInt256> Balances { get; init; } = ImmutableDictionary<(Address, Address), UInt256>.Empty;

    public ImmutableHashSet<(Address Token, Address Payer, Bytes32 Nonce)> Spent { get; init; } = [];

    public ImmutableDictionary<Address, ulong> Nonces { get; init; } = ImmutableDictionary<Address, ulong>.Empty;

    public UInt256 BalanceOf(Address token, Address owner) => Balances.GetValueOrDefault((token, owner));

    public ulong NonceOf(Address account) => Nonces.GetValueOrDefault(account);

    public SimulatedLedger Mint(Address token, Address to, UInt256 atoms) =>
        this with { Balances = Balances.SetItem((token, to), BalanceOf(token, to) + atoms) };

    public SimulatedLedger CountNonce(Address account) => this with { Nonces = Nonces.SetItem(account, NonceOf(account) + 1) };

    /// <summary>Uses an authorization up without a transfer, as <c>cancelAuthorization</c> does.</summary>
    public SimulatedLedger Spend(Address token, Address payer, Bytes32 nonce) => this with { Spent = Spent.Add((token, payer, nonce)) };

    /// <summary>Runs a call of a token; null when it reverts.</summary>
    public (SimulatedLedger After, IReadOnlyList<EventLog> Logs)? Call(SimulatedToken token, ulong chainId, ReadOnlySpan<byte> data, ulong time)
    {
        if (data.Length != 4 + (9 * Bytes32.Length) || !data[..4].SequenceEqual(TransferSelector))
        {
            return null;
        }

        var words = new Bytes32[9];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = new Bytes32(data.Slice(4 + (i * Bytes32.Length), Bytes32.Length));
        }

        byte[] signature = [.. words[7].ToArray(), .. words[8].ToArray(), words[6].ToArray()[31]];
        return Transfer(
            token,
            chainId,
            new Eip3009Transfer(
                token.Address, token.Name, token.Version, AddressIn(words[0]), AddressIn(words[1]), NumberIn(words[2]), NumberIn(words[3]), NumberIn(words[4]), words[5], signature),
            time);
    }

    /// <summary>The transfer as the token itself judges it at a block's time; null when it reverts.</summary>
    public (SimulatedLedger After, IReadOnlyList<EventLog> Logs)? Transfer(SimulatedToken token, ulong chainId, Eip3009Transfer transfer, ulong time)
    {
        var own = transfer with { DomainName = token.Name, DomainVersion = token.Version };
        var isSigned = EcdsaSignature.TryParse(own.Signature.Span, out var signature)
            && signature.TryRecover(Eip3009.Digest(own, chainId), out var signer) && signer == own.From;
        var balance = BalanceOf(token.Address, own.From);
        if (token.IsPaused || !isSigned || time <= own.ValidAfter || time >= own.ValidBefore || balance < own.Value || Spent.Contains((token.Address, own.From, own.Nonce)))
        {
            return null;
        }

        var taken = this with { Balances = Balances.SetItem((token.Address, own.From), balance - own.Value) };
        var after = taken.Mint(token.Address, own.To, own.Value).Spend(token.Address, own.From, own.Nonce);
        var used = new EventLog(token.Address, [Eip3009.AuthorizationUsed, Bytes32.From(own.From), own.Nonce], ReadOnlyMemory<byte>.Empty);
        var moved = new EventLog(token.Address, [Eip3009.Transfer, Bytes32.From(own.From), Bytes32.From(own.To)], Bytes32.From(own.Value).ToArray());
        return (after, token.HidesTransfers ? [used] : [used, moved]);
    }

    private static Address AddressIn(Bytes32 word) => new(word.ToArray().AsSpan(12));

    private static UInt256 NumberIn(Bytes32 word) => new(word.ToArray());
}

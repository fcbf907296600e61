using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>Takes blocks from a chain and puts others in their place. A sender's transactions come back where they were, or in other blocks, or, from one of them on, not at all.</summary>
internal sealed class Reorganizations(TestChain chain, Random chance)
{
    internal const int DepthMax = 6;

    /// <summary>Transactions of lost blocks.</summary>
    internal int Lost { get; private set; }

    /// <summary>Those of them that are in none of the new blocks.</summary>
    internal int Dropped { get; private set; }

    /// <summary>Those that are in another block than before.</summary>
    internal int Moved { get; private set; }

    /// <summary>The newest so many blocks become others, as many.</summary>
    internal async Task MakeAsync(int depth)
    {
        var height = TestChain.Number(await chain.CallAsync("eth_blockNumber"));
        var lost = new List<(string Hash, string Sender, int Block)>();
        for (var block = 0; block < depth; block++)
        {
            var found = await chain.CallAsync("eth_getBlockByNumber", $"0x{height - (ulong)(depth - 1 - block):x}", true);
            lost.AddRange(found.GetProperty("transactions").EnumerateArray().Select(sent => (sent.GetProperty("hash").GetString()!, sent.GetProperty("from").GetString()!, block)));
        }

        var again = new List<(int Block, object[] Pair)>();
        foreach (var sent in lost.GroupBy(static sent => sent.Sender))
        {
            again.AddRange(await PlaceAsync([.. sent], depth));
        }

        Lost += lost.Count;
        Dropped += lost.Count - again.Count;
        await chain.CallAsync("anvil_reorg", depth, again.Select(static place => place.Pair).ToArray());
    }

    /// <summary>One sender's, by their nonces: none before the one ahead of it.</summary>
    private async Task<List<(int Block, object[] Pair)>> PlaceAsync(List<(string Hash, string Sender, int Block)> sent, int depth)
    {
        var kept = chance.Next(5) == 0 ? chance.Next(sent.Count) : sent.Count;
        var isMoved = chance.Next(2) == 0;
        var places = new List<(int Block, object[] Pair)>();
        var earliest = 0;
        foreach (var (hash, _, block) in sent.Take(kept))
        {
            var place = Math.Max(earliest, isMoved ? chance.Next(depth) : block);
            (earliest, Moved) = (place, Moved + (place == block ? 0 : 1));
            places.Add((place, [(await chain.CallAsync("eth_getRawTransactionByHash", hash)).GetString()!, place]));
        }

        return places;
    }
}

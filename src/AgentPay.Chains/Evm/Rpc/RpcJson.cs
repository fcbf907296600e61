using System.Text.Json;

namespace AgentPay.Chains.Evm;

/// <summary>Reads blocks and receipts. A missing or malformed member means the node cannot be trusted, never a guess.</summary>
internal static class RpcJson
{
    public static BlockHeader? Block(RpcReply reply)
    {
        if (reply.OrThrow().IsNull)
        {
            return null;
        }

        using var json = reply.Json();
        var block = json.RootElement;
        var hashes = new List<Bytes32>();
        foreach (var transaction in Member(block, "transactions", JsonValueKind.Array).EnumerateArray())
        {
            hashes.Add(Bytes32.TryParse(Text(transaction), out var hash) ? hash : throw Malformed("transactions"));
        }

        return new BlockHeader(
            new BlockCursor(Number64(block, "number"), Hash(block, "hash")),
            Hash(block, "parentHash"),
            Number64(block, "timestamp"),
            block.TryGetProperty("baseFeePerGas", out var fee) && fee.ValueKind == JsonValueKind.String ? Number(block, "baseFeePerGas") : null,
            hashes)
        {
            GasLimit = block.TryGetProperty("gasLimit", out var gas) && gas.ValueKind == JsonValueKind.String ? Number64(block, "gasLimit") : null,
        };
    }

    /// <summary>A mined transaction's receipt, which must be of the transaction asked for; null when the node has none or it is not in a block yet.</summary>
    public static TransactionReceipt? Receipt(RpcReply reply, Bytes32 transaction)
    {
        if (reply.OrThrow().IsNull)
        {
            return null;
        }

        using var json = reply.Json();
        var receipt = json.RootElement;
        if (!receipt.TryGetProperty("blockHash", out var block) || block.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (Hash(receipt, "transactionHash") != transaction)
        {
            throw new ChainUnavailableException("The node gave the receipt of another transaction.");
        }

        return new TransactionReceipt(
            transaction,
            Number(receipt, "status") == UInt256.One,
            new BlockCursor(Number64(receipt, "blockNumber"), Hash(receipt, "blockHash")),
            [.. Member(receipt, "logs", JsonValueKind.Array).EnumerateArray().Select(Log)],
            Number64(receipt, "gasUsed"),
            receipt.TryGetProperty("effectiveGasPrice", out _) ? Number(receipt, "effectiveGasPrice") : UInt256.Zero);
    }

    /// <summary>For each log its transaction and the height of its block.</summary>
    public static IReadOnlyList<(Bytes32 Transaction, ulong Block, EventLog Log)> Logs(RpcReply reply)
    {
        using var json = reply.Json();
        return json.RootElement.ValueKind == JsonValueKind.Array
            ? [.. json.RootElement.EnumerateArray().Select(static log => (Hash(log, "transactionHash"), Number64(log, "blockNumber"), Log(log)))]
            : throw Malformed("logs");
    }

    /// <summary>Whom a transaction calls (null: it makes a contract) and with what; null when the node does not know it.</summary>
    public static (Address? To, byte[] Calldata)? Call(RpcReply reply)
    {
        if (reply.OrThrow().IsNull)
        {
            return null;
        }

        using var json = reply.Json();
        var transaction = json.RootElement;
        var calldata = Hex.TryDecode(Text(transaction, "input"), out var bytes) ? bytes : throw Malformed("input");
        return transaction.TryGetProperty("to", out var to) && to.ValueKind == JsonValueKind.Null
            ? (null, calldata)
            : (Address.TryParse(Text(transaction, "to"), out var address) ? address : throw Malformed("to"), calldata);
    }

    private static EventLog Log(JsonElement log)
    {
        var topics = new List<Bytes32>(4);
        foreach (var topic in Member(log, "topics", JsonValueKind.Array).EnumerateArray())
        {
            topics.Add(Bytes32.TryParse(Text(topic), out var word) ? word : throw Malformed("topics"));
        }

        return new EventLog(
            Address.TryParse(Text(log, "address"), out var address) ? address : throw Malformed("address"),
            topics,
            Hex.TryDecode(Text(log, "data"), out var data) ? data : throw Malformed("data"));
    }

    private static Bytes32 Hash(JsonElement parent, string name) => Bytes32.TryParse(Text(parent, name), out var hash) ? hash : throw Malformed(name);

    private static UInt256 Number(JsonElement parent, string name) => Hex.TryReadQuantity(Text(parent, name), out var number) ? number : throw Malformed(name);

    private static ulong Number64(JsonElement parent, string name) => Number(parent, name).TryToUInt64(out var number) ? number : throw Malformed(name);

    private static string? Text(JsonElement parent, string name) => Member(parent, name, JsonValueKind.String).GetString();

    private static string? Text(JsonElement text) => text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) && member.ValueKind == kind ? member : throw Malformed(name);

    private static ChainUnavailableException Malformed(string name) => new($"The node's answer is malformed: {name}.");
}

using System.Globalization;
using System.Text;

namespace AgentPay.Benchmarks.Transfers;

/// <summary>Who pays whom, and what is known of it afterwards. All transfers move one atom.</summary>
internal sealed class TransferTraffic
{
    /// <summary>Accounts that pay each other.</summary>
    public const int Accounts = 10_000;

    private const int Digits = 5;
    private const int KeyDigits = 12;

    private static int runs;

    private readonly byte[] request;
    private readonly int keyAt;
    private readonly int[] fromAt;
    private readonly int[] toAt;
    private readonly bool oneReceiver;
    private ulong chance;
    private long sent;

    /// <param name="connection">Number of the connection; each has a stream of its own.</param>
    /// <param name="count">Transfers of one request; 0: one, sent alone.</param>
    /// <param name="oneReceiver">All pay the same account.</param>
    public TransferTraffic(int connection, int count, bool oneReceiver)
    {
        this.oneReceiver = oneReceiver;
        chance = unchecked((ulong)(connection + 1) * 0x9E3779B97F4A7C15);
        var order = $$"""{"from":"a{{new string('0', Digits)}}","to":"b{{new string('0', Digits)}}","asset":"{{BookEngine.Asset}}","amount":"1"}""";
        var body = count == 0 ? order : $$"""{"transfers":[{{string.Join(',', Enumerable.Repeat(order, count))}}]}""";
        var key = string.Create(CultureInfo.InvariantCulture, $"bench-{Interlocked.Increment(ref runs)}-{connection}-{new string('0', KeyDigits)}");
        var head = $"POST /v1/transfers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {body.Length}\r\n\r\n";
        request = Encoding.ASCII.GetBytes(head + body);
        keyAt = head.IndexOf(key, StringComparison.Ordinal) + key.Length - KeyDigits;
        (fromAt, toAt) = (Places("\"from\":\"a"), Places("\"to\":\"b"));
        foreach (var at in toAt)
        {
            request[at - 1] = (byte)'a';
        }

        From = new int[fromAt.Length];
        To = new int[toAt.Length];
    }

    /// <summary>Who gives in the request made last.</summary>
    public int[] From { get; }

    /// <summary>Who receives in the request made last.</summary>
    public int[] To { get; }

    public static string NameOf(int account) => string.Create(CultureInfo.InvariantCulture, $"a{account:D5}");

    /// <summary>The next request; valid until the next one is made.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        Write(keyAt, KeyDigits, ++sent);
        for (var i = 0; i < fromAt.Length; i++)
        {
            From[i] = Draw();
            To[i] = oneReceiver ? 0 : Draw();
            From[i] = From[i] == To[i] ? (From[i] + 1) % Accounts : From[i];
            Write(fromAt[i], Digits, From[i]);
            Write(toAt[i], Digits, To[i]);
        }

        return request;
    }

    private int Draw()
    {
        // xorshift64: cheap, and the same in every run.
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        return (int)(chance % Accounts);
    }

    private void Write(int at, int digits, long number)
    {
        for (var i = at + digits - 1; i >= at; i--)
        {
            request[i] = (byte)('0' + (number % 10));
            number /= 10;
        }
    }

    private int[] Places(string text)
    {
        var (places, found) = (new List<int>(), Encoding.ASCII.GetBytes(text));
        for (var at = request.AsSpan().IndexOf(found); at >= 0;)
        {
            places.Add(at + found.Length);
            var next = request.AsSpan(at + 1).IndexOf(found);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return [.. places];
    }
}

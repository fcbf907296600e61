using System.Text;
using AgentPay.Testing;
using AgentPay.X402;
using AgentPay.X402.Headers;
using AgentPay.X402.Parsing;
using AgentPay.X402.Schemes;

namespace AgentPay.Domain.Tests.X402;

public sealed class ParserFuzzTests
{
    private static readonly int Rounds = 20_000 * TestScale.Factor;

    private static readonly string[] Fragments =
    [
        "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e999", "2.0", "\\u0000", "\\ud800", "\\udc00", "\0", "\u00FF", "\"value\":",
        "\"x402Version\":", "\"amount\":\"", "0x", "eip155:", "99999999999999999999999999999999999999999999999999999999999999999999999999999999",
    ];

    [Theory]
    [InlineData(402)]
    [InlineData(3009)]
    public void Mutated_requests_give_one_of_the_three_and_never_an_exception(int seed)
    {
        var random = new Random(seed);
        var seen = new HashSet<ParseOutcome>();
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Mutate(Encoding.UTF8.GetBytes(Sample.Request((X402Version)(1 + (round % 2)))), random);
            var result = FacilitatorRequest.Parse(bytes);

            Assert.Equal(result.IsParsed, result.Value is not null);
            Assert.Equal(result.IsParsed, result.Fault is null);
            seen.Add(result.Outcome);
            if (result.IsParsed)
            {
                _ = ExactEvmRules.Check(result.Value.Payload, result.Value.Requirements, DateTimeOffset.FromUnixTimeSeconds(Sample.Now));
            }
        }

        Assert.Equal(3, seen.Count);
    }

    [Theory]
    [InlineData(402)]
    public void Mutated_headers_give_one_of_the_three_and_never_an_exception(int seed)
    {
        var random = new Random(seed);
        var valid = Encoding.ASCII.GetBytes(HeaderCodec.Encode(Encoding.UTF8.GetBytes(Sample.PayloadV2)));
        var seen = new HashSet<ParseOutcome>();
        for (var round = 0; round < Rounds; round++)
        {
            // Half the rounds spoil the text of the header, half what it says.
            var text = round % 2 == 0
                ? Encoding.Latin1.GetString(Mutate(valid, random))
                : HeaderCodec.Encode(Mutate(Encoding.UTF8.GetBytes(Sample.PayloadV2), random));
            var result = PaymentHeader.Find([text], [])!.Parse();

            seen.Add(result.Outcome);
            if (result.IsParsed)
            {
                _ = Sample.Offer.Match(result.Value);
            }
        }

        Assert.Equal(3, seen.Count);
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                default:
                    bytes[at] = (byte)"0123456789abcdefx\"{}[],:"[random.Next(24)];
                    break;
            }
        }

        return [.. bytes];
    }
}

using System.Buffers;
using System.Text;
using AgentPay.X402;
using AgentPay.X402.Headers;
using AgentPay.X402.Messages;
using AgentPay.X402.Writing;

namespace AgentPay.Domain.Tests.X402;

public sealed class WriterTests
{
    private static readonly SettleResponse Settled = new()
    {
        Success = true,
        Payer = Sample.Payer,
        Transaction = "0xabc",
        Network = "eip155:84532",
    };

    [Fact]
    public void The_v2_terms_header_is_the_base64_of_exactly_this()
    {
        Assert.True(HeaderCodec.TryDecode(Sample.Offer.ToHeader("Payment required"), out var json));
        Assert.Equal(
            """{"x402Version":2,"error":"Payment required","resource":{"url":"https://api.example.com/quote","description":"A quote","mimeType":"application/json"},"accepts":[{"scheme":"exact","network":"eip155:84532","amount":"10000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","maxTimeoutSeconds":60,"extra":{"name":"USDC","version":"2"}}]}""",
            Encoding.UTF8.GetString(json));
    }

    [Fact]
    public void The_v1_terms_body_is_exactly_this()
    {
        Assert.Equal(
            """{"x402Version":1,"error":"X-PAYMENT header is required","accepts":[{"scheme":"exact","network":"base-sepolia","maxAmountRequired":"10000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","resource":"https://api.example.com/quote","description":"A quote","mimeType":"application/json","maxTimeoutSeconds":60,"extra":{"name":"USDC","version":"2"}}]}""",
            Encoding.UTF8.GetString(Sample.Offer.ToBody("X-PAYMENT header is required")!));
    }

    [Fact]
    public void A_refused_v1_payment_names_its_payer() =>
        Assert.EndsWith(
            $$"""}],"payer":"{{Sample.Payer}}"}""", Encoding.UTF8.GetString(Sample.Offer.ToBody(ErrorCodes.InvalidExactEvmSignature, Sample.Payer)!), StringComparison.Ordinal);

    [Fact]
    public void Terms_without_error_extra_or_extensions_leave_them_out() =>
        Assert.Equal(
            """{"x402Version":2,"resource":{"url":"https://a.example/","description":"","mimeType":""},"accepts":[{"scheme":"exact","network":"eip155:1","amount":"1","asset":"a","payTo":"b","maxTimeoutSeconds":1}]}""",
            Encoding.UTF8.GetString(TermsWriter.Write(X402Version.V2, new PaymentRequired(new ResourceInfo("https://a.example/"), [Plain("eip155:1")]))));

    [Fact]
    public void V1_leaves_out_what_it_has_no_name_for()
    {
        var both = new PaymentRequired(new ResourceInfo("https://a.example/"), [Plain("eip155:42161"), Plain("eip155:1")]);
        var none = new PaymentRequired(new ResourceInfo("https://a.example/"), [Plain("eip155:42161")]);

        Assert.True(TermsWriter.CanWriteV1(both));
        Assert.False(TermsWriter.CanWriteV1(none));
        Assert.Equal(
            """{"x402Version":1,"accepts":[{"scheme":"exact","network":"ethereum","maxAmountRequired":"1","asset":"a","payTo":"b","resource":"https://a.example/","description":"","mimeType":"","maxTimeoutSeconds":1}]}""",
            Encoding.UTF8.GetString(TermsWriter.Write(X402Version.V1, both)));
    }

    [Fact]
    public void Verify_answers_are_exactly_these()
    {
        Assert.Equal($$"""{"isValid":true,"payer":"{{Sample.Payer}}"}""", Encoding.UTF8.GetString(AnswerWriter.Write(VerifyResponse.Valid(Sample.Payer))));
        Assert.Equal(
            """{"isValid":false,"invalidReason":"invalid_payload","invalidMessage":"<what> is \"wrong\""}""",
            Encoding.UTF8.GetString(AnswerWriter.Write(VerifyResponse.Invalid(ErrorCodes.InvalidPayload, "<what> is \"wrong\""))));
    }

    [Fact]
    public void Settle_answers_name_the_network_as_their_version_does()
    {
        Assert.Equal(
            $$"""{"success":true,"payer":"{{Sample.Payer}}","transaction":"0xabc","network":"base-sepolia"}""",
            Encoding.UTF8.GetString(AnswerWriter.Write(X402Version.V1, Settled)));
        Assert.Equal(
            $$"""{"success":true,"payer":"{{Sample.Payer}}","transaction":"0xabc","network":"eip155:84532"}""",
            Encoding.UTF8.GetString(AnswerWriter.Write(X402Version.V2, Settled)));
    }

    [Fact]
    public void A_failed_settle_answer_always_has_transaction_and_network() =>
        Assert.Equal(
            """{"success":false,"errorReason":"invalid_payload","errorMessage":"No.","transaction":"","network":""}""",
            Encoding.UTF8.GetString(AnswerWriter.Write(X402Version.V2, new SettleResponse { Success = false, ErrorReason = ErrorCodes.InvalidPayload, ErrorMessage = "No." })));

    [Fact]
    public void A_settle_answer_may_say_what_was_moved() =>
        Assert.EndsWith(
            ""","network":"eip155:84532","amount":"7"}""", Encoding.UTF8.GetString(AnswerWriter.Write(X402Version.V2, Settled with { Amount = "7" })), StringComparison.Ordinal);

    [Fact]
    public void The_supported_answer_lists_both_versions_in_one_list() =>
        Assert.Equal(
            $$$"""{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"},{"x402Version":1,"scheme":"exact","network":"base-sepolia"},{"x402Version":2,"scheme":"exact","network":"eip155:42161","extra":{"a":1}}],"extensions":["payment-identifier"],"signers":{"eip155:*":["{{{Sample.Payee}}}"]}}""",
            Encoding.UTF8.GetString(AnswerWriter.Write(new SupportedResponse(
                [
                    new SupportedKind(X402Version.V2, "exact", "eip155:84532"),
                    new SupportedKind(X402Version.V1, "exact", "eip155:84532"),
                    new SupportedKind(X402Version.V2, "exact", "eip155:42161", """{"a":1}"""),
                    new SupportedKind(X402Version.V1, "exact", "eip155:42161"),
                ],
                ["payment-identifier"],
                [new SupportedSigners("eip155:*", [Sample.Payee])]))));

    [Fact]
    public void A_buffer_gets_the_same_bytes()
    {
        var terms = new PaymentRequired(new ResourceInfo("https://a.example/"), [Plain("eip155:1")], "no");
        AssertSame(TermsWriter.Write(X402Version.V1, terms), buffer => TermsWriter.Write(buffer, X402Version.V1, terms));
        AssertSame(AnswerWriter.Write(X402Version.V1, Settled), buffer => AnswerWriter.Write(buffer, X402Version.V1, Settled));
        AssertSame(AnswerWriter.Write(VerifyResponse.Valid("p")), buffer => AnswerWriter.Write(buffer, VerifyResponse.Valid("p")));
    }

    [Fact]
    public void Text_beyond_ASCII_is_written_as_it_is() =>
        Assert.Equal("""{"name":"USD₮0","version":"1"}""", RequirementsExtra.ForEip712Domain("USD₮0", "1").Json);

    private static void AssertSame(byte[] expected, Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        Assert.Equal(expected, buffer.WrittenSpan.ToArray());
    }

    private static PaymentRequirements Plain(string network) => new()
    {
        Scheme = "exact",
        Network = network,
        NetworkAsSent = network,
        Amount = "1",
        Asset = "a",
        PayTo = "b",
        MaxTimeoutSeconds = 1,
    };
}

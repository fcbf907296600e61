namespace AgentPay.Silo.Documents;

/// <summary>Examples for the OpenAPI document, as a local engine answered.</summary>
internal static class ApiExamples
{
    private const string Json = "application/json";
    private const string Problem = "application/problem+json";

    private const string Payment = """
        {"x402Version":2,
         "paymentPayload":{"x402Version":2,
          "accepted":{"scheme":"exact","network":"eip155:84532","amount":"1000","asset":"0x036cbd53842c5426634e7929541ec2318f3dcf7e","payTo":"0x209693bc6afc0c5328ba36faf03c514ef312287c","maxTimeoutSeconds":120,"extra":{"name":"USDC","version":"2"}},
          "payload":{"signature":"0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
           "authorization":{"from":"0x857b06519e91e3a54538791bdbb0e22373e36b66","to":"0x209693bc6afc0c5328ba36faf03c514ef312287c","value":"1000","validAfter":"0","validBefore":"1795237465","nonce":"0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480"}}},
         "paymentRequirements":{"scheme":"exact","network":"eip155:84532","amount":"1000","asset":"0x036cbd53842c5426634e7929541ec2318f3dcf7e","payTo":"0x209693bc6afc0c5328ba36faf03c514ef312287c","maxTimeoutSeconds":120,"extra":{"name":"USDC","version":"2"}}}
        """;

    private const string Settlement = """
        {"id":"stl:eip155:84532:eip3009:0x036cbd53842c5426634e7929541ec2318f3dcf7e:0x857b06519e91e3a54538791bdbb0e22373e36b66:0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
         "object":"settlement","status":"confirmed","network":"eip155:84532",
         "transaction":"0x657eed807d22787af9c21444343d9b9a8b1015f5b950aee7c4aa1899b8a9fcc4",
         "block":{"number":23,"hash":"0x9d1ac3c1d30c2a9b2a4e7f4a5b3fe7f94c2a8a0f0d8a94e9c1ff0a9f0fb5b9d1"},
         "payer":"0x857b06519e91e3a54538791bdbb0e22373e36b66","pay_to":"0x209693bc6afc0c5328ba36faf03c514ef312287c",
         "asset":"eip155:84532/erc20:0x036cbd53842c5426634e7929541ec2318f3dcf7e","amount":"1000","failure_code":null,
         "postings":[
          {"account":"chain:eip155:84532:0x857b06519e91e3a54538791bdbb0e22373e36b66","asset":"eip155:84532/erc20:0x036cbd53842c5426634e7929541ec2318f3dcf7e","amount":"-1000"},
          {"account":"chain:eip155:84532:0x209693bc6afc0c5328ba36faf03c514ef312287c","asset":"eip155:84532/erc20:0x036cbd53842c5426634e7929541ec2318f3dcf7e","amount":"1000"}],
         "events":[{"id":"evt_01k0r2w3x4y5z6a7b8c9d0e1f2","type":"settlement.confirmed","sequence":3,"object_sequence":3,"created":"2026-01-05T10:00:00+00:00"}]}
        """;

    private const string NotFound = """
        {"type":"https://agentpay.dev/errors/not_found","title":"There is no such settlement.","status":404,"instance":"/v1/settlements/stl:unknown","code":"not_found","request_id":"req_f712c844384ae2fd07afb45a","retryable":false}
        """;

    private const string Transfer = """
        {"id":"txn_01k0r2w3x4y5z6a7b8c9d0e1f2","object":"transfer","status":"booked","from":"mint","to":"alice","asset":"book:credits","amount":"2500","reference":"order 17","created":"2026-01-05T10:00:00+00:00"}
        """;

    private const string Ready = """
        {"status":"ready","store":{"status":"healthy","message":null},"connectors":[{"id":"eip155:84532","status":"healthy","head":23,"head_seen_at":"2026-01-05T10:00:00+00:00","message":null,"code":null,"head_age_seconds":1,"nodes":[{"node":"https://node.example","status":"in_use","head":23,"message":null}]}]}
        """;

    /// <summary>Example answers of an operation.</summary>
    public static (string Status, string Media, string Json)[] Of(string operation) => operation switch
    {
        "getLiveness" => [("200", Json, """{"status":"live"}""")],
        "getReadiness" => [("200", Json, Ready)],
        "getConnectorHealth" => [("200", Json, """{"id":"eip155:84532","status":"healthy","head":23,"head_seen_at":"2026-01-05T10:00:00+00:00","message":null,"code":null,"head_age_seconds":1,"nodes":[{"node":"https://node.example","status":"in_use","head":23,"message":null}]}""")],
        "getQuote" => [("200", Json, """{"text":"A penny saved is a penny earned."}"""), ("402", Json, """
            {"x402Version":1,"error":"Payment required","accepts":[{"scheme":"exact","network":"base-sepolia","maxAmountRequired":"1000","asset":"0x036cbd53842c5426634e7929541ec2318f3dcf7e","payTo":"0x209693bc6afc0c5328ba36faf03c514ef312287c","resource":"https://api.example.com/demo/quote","description":"A quote of the day","mimeType":"application/json","maxTimeoutSeconds":120,"extra":{"name":"USDC","version":"2"}}]}
            """)],
        "verifyPayment" => [("200", Json, """{"isValid":true,"payer":"0x857b06519e91e3a54538791bdbb0e22373e36b66"}"""), ("400", Problem, """
            {"type":"https://agentpay.dev/errors/invalid_payload","title":"The message cannot be read.","status":400,"detail":"Not one JSON value without duplicate members, comments or trailing commas, at most 64 levels deep.","instance":"/facilitator/verify","code":"invalid_payload","request_id":"req_1b322f32bff3912c0bc9cf82","retryable":false,"isValid":false,"invalidReason":"invalid_payload"}
            """)],
        "settlePayment" => [("200", Json, """{"success":true,"payer":"0x857b06519e91e3a54538791bdbb0e22373e36b66","transaction":"0x657eed807d22787af9c21444343d9b9a8b1015f5b950aee7c4aa1899b8a9fcc4","network":"eip155:84532"}""")],
        "getSupportedKinds" => [("200", Json, """
            {"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:84532"},{"x402Version":1,"scheme":"exact","network":"base-sepolia"}],"extensions":["eip2612GasSponsoring","erc20ApprovalGasSponsoring"],"signers":{"eip155:*":["0x286b3447ea77777cd1ddb55059b12420ee337f4d"]}}
            """)],
        "getSettlement" or "getSettlementByTransaction" => [("200", Json, Settlement), ("404", Problem, NotFound)],
        "bookTransfers" or "getTransfer" => [("200", Json, Transfer)],
        "getAccountBalances" => [("200", Json, """{"account":"alice","balances":[{"asset":"book:credits","amount":"2500","scale":2}],"object":"account_balances"}""")],
        _ => [],
    };

    /// <summary>The example request of an operation; null when it has no body.</summary>
    public static string? RequestOf(string operation) => operation switch
    {
        "verifyPayment" or "settlePayment" => Payment,
        "bookTransfers" => """{"from":"mint","to":"alice","asset":"book:credits","amount":"2500","reference":"order 17"}""",
        _ => null,
    };
}

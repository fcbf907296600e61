using System.Collections.Immutable;
using System.Text;
using AgentPay.Domain.Books;
using AgentPay.Domain.Decisions;
using AgentPay.Domain.Settlements;
using AgentPay.Domain.Signers;
using AgentPay.Grains.Books;
using AgentPay.Grains.Journal;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Tests.Golden;

/// <summary>
/// Today's code reads yesterday's rows. Each file holds one stored form as text: a state's form number, a space, its JSON; or a fact's JSON.
/// A file is never edited: a new form gets a new file, and the old one must still be read.
/// </summary>
public sealed class GoldenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly SettlementTerms Terms = new()
    {
        Network = "eip155:8453",
        Method = "eip3009",
        Token = "0x" + new string('c', 40),
        DomainName = "USD Coin",
        DomainVersion = "2",
        Payer = "0x" + new string('a', 40),
        PayTo = "0x" + new string('b', 40),
        Atoms = UInt128.MaxValue >> 1,
        ValidAfter = "0",
        ValidBefore = "115792089237316195423570985008687907853269984665640564039457584007913129639935",
        Nonce = "0x" + new string('d', 64),
        Signature = "0x" + new string('e', 130),
        Digest = "0x" + new string('f', 64),
        GasLimit = 160_000,
        PayerHasCode = true,
    };

    private static readonly BlockReference Block = new(ulong.MaxValue, "0x" + new string('7', 64));

    private static readonly Settlement Whole = new()
    {
        Id = SettlementId.Of(Terms),
        Status = SettlementStatus.Confirmed,
        Terms = Terms,
        IdempotencyKey = "key",
        Admission = new Admission("key", "GET https://shop.example/quote?a=1&b=2", "process", Now),
        ReservedAt = Now,
        Transaction = "0x" + new string('1', 64),
        Block = Block,
        FailureCode = "invalid_exact_evm_transaction_failed",
        Answered = true,
        Attempt = 2,
        Signer = "0x" + new string('9', 40),
    };

    private static readonly Settlement Least = new() { Id = "stl:1", Status = SettlementStatus.Admitted, Terms = Terms };

    private static readonly Settlement ByPermit2 = new()
    {
        Id = "stl:2",
        Status = SettlementStatus.Admitted,
        Terms = Terms with { Method = "permit2", NonceKeeper = "0x" + new string('8', 40), Permit = new PermitTerms("1740672154", "0x" + new string('6', 130)) },
    };

    private static readonly Settlement ByDeployment = new()
    {
        Id = "stl:3",
        Status = SettlementStatus.Admitted,
        Terms = Terms with { Deployment = new DeploymentTerms("0x" + new string('4', 40), "0x9859387b") },
    };

    private static readonly SettlementWork AfterApproval = new(
        "stl:4", 1, Terms with { Method = "permit2", NonceKeeper = "0x" + new string('8', 40), Approval = new ApprovalTerms("0x02f8", "0x" + new string('3', 64), 7) }, Approved: true);

    private static readonly GasNeed Need = new(Terms.Payer, UInt128.MaxValue >> 1, 70_000, 300_000_000_000, 50_000);

    private static readonly Outcome<Signer> Given = Signer.New("eip155:8453", Whole.Signer!).Sync(7, 7, Pen, Now).State!
        .Take(AfterApproval with { Approved = false }, Pen, Now).State!.Give(0, Need, UInt128.MaxValue, Pen, Now);

    private static readonly Signer Key = Signer.New("eip155:8453", Whole.Signer!)
        .Sync(7, 7, Pen, Now).State!.Take(new SettlementWork(Whole.Id, 2, Terms), Pen, Now).State!.Take(new SettlementWork("stl:2", 1, Terms), null, Now).State!;

    private static readonly SettlementWork ShortWork = new(Whole.Id, 2, Terms with { ValidBefore = "1767323105" });

    private static readonly Signer Short = Signer.New("eip155:8453", Whole.Signer!).Sync(7, 7, Pen, Now).State!.Take(ShortWork, Pen, Now).State!;

    private static readonly ImmutableArray<Holding> Holdings = [new("book:credits", -Int128.MaxValue), new("book:x", 0)];

    private static readonly BookReceipt Receipt = new("txn_1", "req_1", Now, [new RefusedTransfer(3, "insufficient_funds")]);

    public static TheoryData<string, string> Forms()
    {
        var forms = new TheoryData<string, string>
        {
            { "settlement", Text(StoredForms.Settlements.Write(Whole)) },
            { "settlement-least", Text(StoredForms.Settlements.Write(Least)) },
            { "settlement-permit2", Text(StoredForms.Settlements.Write(ByPermit2)) },
            { "settlement-deployment", Text(StoredForms.Settlements.Write(ByDeployment)) },
            { "signer-gas", Text(StoredForms.Signers.Write(Key)) },
            { "signer-safe", Text(StoredForms.Signers.Write(Key with { SafeTo = 7 })) },
            { "signer-transaction-fees", Row(signer => signer.Mined(7, Hash, Block, [new DoubtSettlement()])) },
            { "signer-transaction-left-out", Row(_ => Short.Outbid([7], Pen, Now.AddDays(1))) },
            { "signer-gas-money", Text(StoredForms.Signers.Write(Given.State!)) },
            { "signer-transaction-gift", Row(_ => Given, "t:") },
            { "signer-transaction-gift-used", Row(_ => Given.State!.Approved(0, null, Now), "t:") },
            { "settlement-work-given", Row(_ => Given, "w:") },
            { "settlement-work-approved", Row(signer => signer.Take(AfterApproval, null, Now)) },
            { "settlement-work", Row(signer => signer.Take(new SettlementWork(Whole.Id, 2, Terms), null, Now)) },
        };
        var book = new Book { Key = Book.OperatorsKey, Transfers = long.MaxValue };
        forms.Add("book", Text(StoredForms.Books.Write(book)));
        forms.Add("book-account", Text(BookRows.Write(Holdings)).TrimEnd('\n'));
        forms.Add("book-receipt", Encoding.UTF8.GetString(Receipt.Write()));
        foreach (var (name, fact) in Facts())
        {
            forms.Add(name, Encoding.UTF8.GetString(MessageForms.Write([new MessageDraft(default, fact)])[0].Body.Span));
        }

        return forms;
    }

    private static string Hash => "0x" + new string('5', 64);

    [Theory, MemberData(nameof(Forms))]
    public void What_is_written_today_is_what_was_written_before(string name, string written) => Assert.Equal(Read(name), written);

    [Fact]
    public void Stored_settlements_are_read_whole()
    {
        Assert.Equal(Whole, StoredForms.Settlements.Read(Bytes("settlement"), []));
        Assert.Equal(Least, StoredForms.Settlements.Read(Bytes("settlement-least"), []));
        Assert.Equal(ByPermit2, StoredForms.Settlements.Read(Bytes("settlement-permit2"), []));
        Assert.Equal(ByDeployment, StoredForms.Settlements.Read(Bytes("settlement-deployment"), []));
    }

    [Theory]
    [InlineData("signer", "signer-transaction", 0, 0)]
    [InlineData("signer-gas", "signer-transaction-fees", 2, 1)]
    [InlineData("signer-safe", "signer-transaction-fees", 2, 1)]
    public void A_stored_signer_is_read_with_its_rows(string state, string row, ulong fee, ulong tip)
    {
        var signer = StoredForms.Signers.Read(Bytes(state), [
            new StoredRecord(SignerRows.TransactionId(7), Encoding.UTF8.GetBytes(Read(row))),
            new StoredRecord(SignerRows.WaitingId(3), Encoding.UTF8.GetBytes(Read("settlement-work")))]);

        Assert.Equal((Key.Network, Key.Address, Key.NextNonce, Key.NextTicket, true, 0), (signer.Network, signer.Address, signer.NextNonce, signer.NextTicket, signer.Synced, signer.InFlight));
        Assert.Equal(new SettlementWork(Whole.Id, 2, Terms), signer.Waiting[3]);
        Assert.Equal(new SettlementWork(Whole.Id, 2, Terms), signer.Transactions[7].Settlements.Single());
        Assert.Equal(new SignedForm("0x02", Hash, Now, fee, tip), signer.Transactions[7].Forms.Single());
        Assert.Equal((Block, Hash), (signer.Transactions[7].Block, signer.Transactions[7].MinedHash));
    }

    [Fact]
    public void Stored_work_after_an_approval_is_read_whole()
    {
        var row = new StoredRecord(SignerRows.WaitingId(3), Encoding.UTF8.GetBytes(Read("settlement-work-approved")));

        Assert.Equal(AfterApproval, StoredForms.Signers.Read(Bytes("signer-gas"), [row]).Waiting[3]);
    }

    [Fact]
    public void What_a_later_form_left_out_is_read_as_left_out_of_that_one()
    {
        var row = new StoredRecord(SignerRows.TransactionId(7), Encoding.UTF8.GetBytes(Read("signer-transaction-left-out")));

        var transaction = StoredForms.Signers.Read(Bytes("signer-gas"), [row]).Transactions[7];

        Assert.Equal(ShortWork with { LeftOutOf = 1 }, transaction.Settlements.Single());
        Assert.Equal([1, 0], transaction.Forms.Select(form => transaction.CarriedBy(form.Hash).Length));
    }

    [Theory]
    [InlineData("signer-transaction-gift", false)]
    [InlineData("signer-transaction-gift-used", true)]
    public void A_stored_gift_is_read_with_the_work_that_remembers_it(string transaction, bool used)
    {
        var signer = StoredForms.Signers.Read(Bytes("signer-gas-money"), [
            new StoredRecord(SignerRows.TransactionId(7), Encoding.UTF8.GetBytes(Read(transaction))),
            new StoredRecord(SignerRows.WaitingId(0), Encoding.UTF8.GetBytes(Read("settlement-work-given")))]);

        Assert.Equal(new GasGift(Terms.Payer, UInt128.MaxValue >> 1, "stl:4", 1, used), signer.Transactions[7].Gift);
        Assert.Equal(AfterApproval with { Approved = false, GiftNonce = 7 }, signer.Waiting[0]);
        Assert.Equal(((UInt128.MaxValue >> 1) + 200_000, UInt128.Zero), (signer.GasMoneyOn(Now), signer.GasMoneyOn(Now.AddDays(1))));
    }

    [Fact]
    public void A_stored_book_is_read_with_its_accounts_and_a_receipt_as_it_was()
    {
        var book = StoredForms.Books.Read(Bytes("book"), [new StoredRecord("a", (byte[])[.. Bytes("book-account"), (byte)'\n'])]);
        var receipt = BookReceipt.Read(Encoding.UTF8.GetBytes(Read("book-receipt")));

        Assert.Equal((Book.OperatorsKey, long.MaxValue), (book.Key, book.Transfers));
        Assert.Equal(Holdings, book.Accounts["a"]);
        Assert.Equal(Receipt.Refused, receipt.Refused);
        Assert.Equal(Receipt, receipt with { Refused = Receipt.Refused });
    }

    [Fact]
    public void Every_stored_fact_is_read_as_it_was() =>
        Assert.All(Facts(), fact => Assert.Equal(fact.Fact, MessageForms.Read(Encoding.UTF8.GetBytes(Read(fact.Name)))));

    [Fact]
    public void A_form_of_another_number_is_not_read()
    {
        byte[] newer = [2, .. Bytes("settlement")[1..]];

        Assert.Throws<InvariantBrokenException>(() => StoredForms.Settlements.Read(newer, []));
    }

    private static (string Name, Fact Fact)[] Facts() =>
    [
        ("fact-reserved", new SettlementReserved(Whole.Id, 2, Terms)),
        ("fact-submit", new SettlementReported(new SubmitSettlement(Hash), 2, Terms.Digest)),
        ("fact-confirm", new SettlementReported(new ConfirmSettlement(Hash, Block), 2, Terms.Digest)),
        ("fact-doubt", new SettlementReported(new DoubtSettlement(), 2, Terms.Digest)),
        ("fact-undo", new SettlementReported(new UndoSettlement(Block), 2, Terms.Digest)),
        ("fact-deepen", new SettlementReported(new DeepenSettlement(Final: true, Block), 2, Terms.Digest)),
        ("fact-fail", new SettlementReported(new FailSettlement("invalid_transaction_state"), 2, Terms.Digest)),
        ("fact-fail-cost-gas", new SettlementReported(new FailSettlement("erc20_approval_broadcast_failed", CostGas: true), 1, Terms.Digest)),
        ("fact-answer", new SettlementReported(new AnswerSettlement(), 2, Terms.Digest)),
    ];

    private static TransactionPen Pen => new FixedPen();

    private static string Row(Func<Signer, Outcome<Signer>> decide, string kind = "") =>
        Encoding.UTF8.GetString(decide(Key).Effects.Records.Single(record => record.Id.StartsWith(kind, StringComparison.Ordinal)).Body!.Value.Span);

    private static string Text(byte[] stored) => $"{stored[0]} {Encoding.UTF8.GetString(stored.AsSpan(1))}";

    private static byte[] Bytes(string name)
    {
        var text = Read(name).Split(' ', 2);
        return [byte.Parse(text[0], System.Globalization.CultureInfo.InvariantCulture), .. Encoding.UTF8.GetBytes(text[1])];
    }

    private static string Read(string name)
    {
        using var file = typeof(GoldenTests).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"Golden/{name}.txt is missing.");
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().TrimEnd('\n');
    }

    private sealed class FixedPen : TransactionPen
    {
        public override SendingLimits Limits { get; } = new(1, 512, 1_000_000, 0) { GasMoney = new GasMoneyLimits(UInt128.MaxValue, 300_000_000_000) { Fee = 2 } };

        public override SignedForm Sign(ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, DateTimeOffset now, GasGift? gift = null) => new("0x02", Hash, now, 2, 1);

        public override SignedForm? Outbid(
            SignedForm last, ulong nonce, ImmutableArray<SettlementWork> works, ulong gas, bool always, DateTimeOffset now, GasGift? gift = null) => new("0x03", last.Hash.Replace('5', '6'), Now, 3, 2);
    }
}

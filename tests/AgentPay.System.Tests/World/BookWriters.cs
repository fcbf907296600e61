using System.Collections.Concurrent;
using System.Globalization;

namespace AgentPay.SystemTests.World;

/// <summary>
/// Sixty-four writers at an engine that keeps a book, each with keys and accounts of its own, who know what they were told. In a round each asks one request after the
/// other until one is not answered: of that one it knows nothing. Every other request is a list of two whose second gives away some of what the first brought.
/// </summary>
internal sealed class BookWriters(BookEngines engines)
{
    private const int Writers = 64;
    private const int Brought = 3;
    private const int GivenAway = 2;
    private readonly Writer[] _writers = [.. Enumerable.Range(0, Writers).Select(static number => new Writer(number))];
    private int _acknowledged;

    /// <summary>Answers so far that said that something is booked.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Requests without an answer that were there after all, and those that were not.</summary>
    public (int There, int Absent) Unknown { get; private set; }

    /// <summary>Transfers that there are, when all is as told.</summary>
    public long Transfers => _writers.Sum(static writer => writer.In + writer.Out);

    /// <summary>A round.</summary>
    public Task WriteAsync() => Task.WhenAll(_writers.Select(writer => Task.Run(() => WriteAsync(writer))));

    /// <summary>Reads every key of the round back; what is not as it was told, or is half there.</summary>
    public async Task<List<string>> FaultsAsync()
    {
        var faults = new ConcurrentQueue<string>();
        await Task.WhenAll(_writers.Select(writer => Task.Run(() => ReadBackAsync(writer, faults))));
        return [.. faults];
    }

    private async Task WriteAsync(Writer writer)
    {
        var engine = engines.All[0];
        for (var isAnswered = true; isAnswered;)
        {
            var request = writer.Next();
            if (await BookEngines.TryBookAsync(engine, engine.Url, request.Key, request.Body) is not { } answer)
            {
                writer.Unanswered = request;
                return;
            }

            AssertBooked(request, answer);
            writer.Told.Add((request, answer));
            Interlocked.Increment(ref _acknowledged);
        }
    }

    private async Task ReadBackAsync(Writer writer, ConcurrentQueue<string> faults)
    {
        var chance = new Random(0);
        foreach (var (request, _) in writer.Told)
        {
            writer.Count(request);
        }

        // Before the key is sent again, which would do what was not done.
        var held = await HeldAsync(writer);
        var unanswered = writer.Unanswered!;
        var isThere = held == writer.With(unanswered);
        if (!isThere && held != writer.With(null))
        {
            faults.Enqueue($"{writer.Name} holds and gave away {held}, not {writer.With(null)}, nor {writer.With(unanswered)} with {unanswered}.");
        }

        var late = await engines.BookAsync(chance, unanswered.Key, unanswered.Body);
        AssertBooked(unanswered, late);
        if (isThere != IsReplayed(late))
        {
            faults.Enqueue($"{unanswered} is {(isThere ? "" : "not ")}in the balances, and its answer says otherwise: {late}");
        }

        writer.Count(unanswered);
        lock (_writers)
        {
            Unknown = isThere ? (Unknown.There + 1, Unknown.Absent) : (Unknown.There, Unknown.Absent + 1);
        }

        foreach (var (request, told) in writer.Told)
        {
            var again = await engines.BookAsync(chance, request.Key, request.Body);
            if ((again.Status, again.Body) != (told.Status, told.Body) || !IsReplayed(again))
            {
                faults.Enqueue($"{request} was answered {told} and now {again}");
            }
        }

        if (await HeldAsync(writer) is var after && after != writer.With(null))
        {
            faults.Enqueue($"{writer.Name} holds and gave away {after} when all was asked again, not {writer.With(null)}.");
        }

        (writer.Unanswered, _) = (null, writer.Told.RemoveAll(static _ => true));
    }

    private async Task<(long Held, long Gone)> HeldAsync(Writer writer) => (await BalanceAsync(writer.Name), await BalanceAsync(writer.Outlet));

    private async Task<long> BalanceAsync(string account)
    {
        var answer = await engines.GetAsync(new Random(0), $"/v1/accounts/{account}/balances");
        return answer.Status == 404 ? 0 : long.Parse(answer.Json.GetProperty("balances")[0].GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);
    }

    private static bool IsReplayed(Answer answer) => answer.Header("Idempotent-Replayed") == "true";

    private static void AssertBooked(Request request, Answer answer) =>
        Assert.True(answer.Status == 200 && (request.IsList ? answer.Json.GetProperty("booked").GetInt32() == 2 : answer.Text("status") == "booked"), $"{request}: {answer}");

    /// <summary>A transfer, or a list of two.</summary>
    private sealed record Request(string Key, string Body, bool IsList);

    private sealed class Writer(int number)
    {
        private int _asked;

        public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"writer-{number}");

        public string Outlet { get; } = string.Create(CultureInfo.InvariantCulture, $"outlet-{number}");

        /// <summary>What it was told in this round.</summary>
        public List<(Request Request, Answer Answer)> Told { get; } = [];

        /// <summary>Its last request of this round.</summary>
        public Request? Unanswered { get; set; }

        /// <summary>Transfers that brought it something.</summary>
        public long In { get; private set; }

        /// <summary>Transfers by which it gave something away.</summary>
        public long Out { get; private set; }

        public Request Next()
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{Name}-{_asked++}");
            var brings = BookEngines.Order(BookEngines.Mint, Name, Brought);
            return _asked % 2 == 0 ? new Request(key, BookEngines.List(brings, BookEngines.Order(Name, Outlet, GivenAway)), true) : new Request(key, brings, false);
        }

        public void Count(Request request) => (In, Out) = (In + 1, Out + (request.IsList ? 1 : 0));

        /// <summary>What it holds and what it gave away if this was booked, too.</summary>
        public (long Held, long Gone) With(Request? more)
        {
            var (brought, gone) = (In + (more is null ? 0 : 1), Out + (more is { IsList: true } ? 1 : 0));
            return ((brought * Brought) - (gone * GivenAway), gone * GivenAway);
        }
    }
}

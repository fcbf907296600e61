using System.Numerics;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres.Writing;
using AgentPay.Storage.Writing;
using Npgsql;
using NpgsqlTypes;

namespace AgentPay.Benchmarks.Store;

/// <summary>
/// The ceiling: the same rows into the same tables with the same grouping, and nothing else. State rows are found by their numbers, as by the store. No versions are checked, no order of rows is kept, no numbers are taken
/// from heads, no outcome is looked after: one round trip a batch.
/// </summary>
internal sealed class BareWriter : IDisposable
{
    private readonly WriteQueue<BareWrite> _queue = new(TimeProvider.System);
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBatch _batch;
    private readonly RowsStatement _grains = new("""
        UPDATE grains AS g SET version = v.version, updated_at = v.at, status = v.status, state = v.state
        FROM unnest($1, $2, $3, $4, $5) AS v (id, version, at, status, state) WHERE g.id = v.id AND v.version % 1 = 0
        """);

    private readonly RowsStatement _transfers = new("""
        INSERT INTO transfers (grain, version, place, debit, credit, asset, atoms, reason, created_at) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """);

    private readonly RowsStatement _events = new("""
        INSERT INTO events (log, sequence, object, object_sequence, id, type, created_at, body) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        """);

    private readonly (Column<long> Id, Column<long> Version, Column<long> At, Column<string> Status, Column<ReadOnlyMemory<byte>> State) _grain;
    private readonly (Column<long> Grain, Column<long> Version, Column<int> Place, Column<long> Debit, Column<long> Credit, Column<long> Asset) _legs;
    private readonly (Column<BigInteger> Atoms, Column<string> Reason, Column<long> At) _terms;
    private readonly (Column<long> Log, Column<long> Sequence, Column<long> Object, Column<long> ObjectSequence) _numbers;
    private readonly (Column<Guid> Id, Column<string> Type, Column<long> At, Column<ReadOnlyMemory<byte>> Body) _event;
    private readonly int _number;
    private readonly Thread _thread;
    private long _sequence;

    public BareWriter(string connectionString, int number)
    {
        _number = number;
        _connection = new NpgsqlConnection(connectionString + ";Pooling=false;Max Auto Prepare=32;Auto Prepare Min Usages=2;Options=-c jit=off -c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off");
        _connection.Open();
        _batch = new NpgsqlBatch(_connection);
        _grain = (_grains.Int64(), _grains.Int64(), _grains.Int64(), _grains.Text(), _grains.Bytes());
        _legs = (_transfers.Int64(), _transfers.Int64(), _transfers.Int32(), _transfers.Int64(), _transfers.Int64(), _transfers.Int64());
        _terms = (_transfers.Add(new Column<BigInteger>(NpgsqlDbType.Numeric)), _transfers.Text(), _transfers.Int64());
        _numbers = (_events.Int64(), _events.Int64(), _events.Int64(), _events.Int64());
        _event = (_events.Uuid(), _events.Text(), _events.Int64(), _events.Bytes());
        _batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
        _batch.BatchCommands.Add(_grains.Command);
        _batch.BatchCommands.Add(_transfers.Command);
        _batch.BatchCommands.Add(_events.Command);
        _batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public Task WriteAsync(long grain, Commit commit)
    {
        var write = new BareWrite(grain, commit);
        _queue.Add(write);
        return write.Task;
    }

    public void Dispose()
    {
        _queue.Close();
        _thread.Join();
        _batch.Dispose();
        _connection.Dispose();
    }

    private void Run()
    {
        var writes = new List<BareWrite>();
        while (_queue.Take(writes))
        {
            Clear();
            writes.ForEach(Add);
            _ = _batch.ExecuteNonQuery();
            writes.ForEach(write => write.Complete());
            if (writes.Count > 1)
            {
                _queue.Gather();
            }

            writes.Clear();
        }
    }

    private void Add(BareWrite write)
    {
        var (grain, commit) = (write.Grain, write.Commit);
        var (transfer, entry, version) = (commit.Transfers[0], commit.Events[0], commit.ExpectedVersion + 1);
        _grain.Id.Add(grain);
        _grain.Version.Add(version);
        _grain.At.Add(commit.DecidedAt);
        _grain.Status.Add(commit.Status);
        _grain.State.Add(commit.State);
        _legs.Grain.Add(grain);
        _legs.Version.Add(version);
        _legs.Place.Add(0);
        _legs.Debit.Add(grain + 2L);
        _legs.Credit.Add(1L);
        _legs.Asset.Add(0L);
        _terms.Atoms.Add((BigInteger)transfer.Atoms);
        _terms.Reason.Add(transfer.Reason);
        _terms.At.Add(commit.DecidedAt);
        _numbers.Log.Add(_number);
        _numbers.Sequence.Add(++_sequence);
        _numbers.Object.Add(grain);
        _numbers.ObjectSequence.Add(version);
        _event.Id.Add(Guid.CreateVersion7(commit.DecidedAt));
        _event.Type.Add(entry.Type);
        _event.At.Add(commit.DecidedAt);
        _event.Body.Add(entry.Body);
    }

    private void Clear()
    {
        _grain.Id.Clear();
        _grain.Version.Clear();
        _grain.At.Clear();
        _grain.Status.Clear();
        _grain.State.Clear();
        _legs.Grain.Clear();
        _legs.Version.Clear();
        _legs.Place.Clear();
        _legs.Debit.Clear();
        _legs.Credit.Clear();
        _legs.Asset.Clear();
        _terms.Atoms.Clear();
        _terms.Reason.Clear();
        _terms.At.Clear();
        _numbers.Log.Clear();
        _numbers.Sequence.Clear();
        _numbers.Object.Clear();
        _numbers.ObjectSequence.Clear();
        _event.Id.Clear();
        _event.Type.Clear();
        _event.At.Clear();
        _event.Body.Clear();
    }

    private sealed class BareWrite(long grain, Commit commit) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IQueuedWrite
    {
        public long Grain => grain;

        public Commit Commit => commit;

        public long Ticket { get; set; }

        public long QueuedAt { get; set; }

        public void Complete() => SetResult();

        public void Fail(StoreUnavailableException reason) => SetException(reason);
    }
}

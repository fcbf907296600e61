using Orleans.Runtime;

namespace AgentPay.EmbeddedSilo.Calls;

/// <summary>
/// One call of a grain: its arguments, its turn and its answer. A class per interface method is emitted by <see cref="ProxyEmitter"/>.
/// </summary>
internal abstract class Call
{
    private Task? turn;
    private Task? work;
    private bool filtered;
    private CancellationTokenRegistration leaving;

    public abstract CallMethod Method { get; }

    public GrainReference? Target { get; private set; }

    public IGrainContext? Source { get; private set; }

    public Activations.Activation? Activation { get; set; }

    /// <summary>How often an activation ended before the call could start on it.</summary>
    public int Forwards { get; set; }

    /// <summary>When it was sent, as a timestamp of the silo's clock; zero for a call that never times out.</summary>
    public long SentAt { get; set; }

    // The activation keeps its running calls in a list through the calls themselves, so that an idle one holds no list.
    public Call? Previous { get; set; }

    public Call? Next { get; set; }

    public virtual bool Interleaves => Method.AlwaysInterleave;

    public virtual bool KeepsAlive => true;

    public virtual bool PassesFilters => true;

    /// <summary>The caller's, where the method takes one: the first of its parameters of this type.</summary>
    public virtual CancellationToken Cancellation => CancellationToken.None;

    /// <summary>Whether the call outlives the activation that it waited for.</summary>
    public virtual bool CanMove => true;

    public abstract Task Start(object grain);

    public abstract object? ResultOf(Task completed);

    public abstract void Answer(Task completed);

    public abstract void Answer(object? result);

    public abstract void Fail(Exception exception);

    public void From(GrainReference target, IGrainContext? source)
    {
        Target = target;
        Source = source;
    }

    /// <summary>A caller that cancels goes at once, as on Orleans; the call goes on in the grain, which sees the token too.</summary>
    public void LetLeave()
    {
        if (Cancellation is { CanBeCanceled: true } token)
        {
            leaving = token.UnsafeRegister(static (call, cancelled) => ((Call)call!).Fail(new OperationCanceledException(cancelled)), this);
        }
    }

    protected void StopListening() => leaving.Unregister();

    /// <summary>Prepares the turn, here, so that it runs in the caller's execution context (traces go through).</summary>
    public void Prepare() => turn = new Task(static call => ((Call)call!).Run(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach);

    public void Schedule(TaskScheduler turns) => turn!.Start(turns);

    private void Run()
    {
        try
        {
            filtered = PassesFilters && Activation!.HasFilters;
            work = filtered ? new IncomingCall(this).RunAsync() : Start(Activation!.GrainInstance!);
        }
        catch (Exception exception)
        {
            work = Task.FromException(exception);
        }
        work ??= Task.FromException(new InvalidOperationException($"{Method} of {Target} returned null instead of a task."));
        if (work.IsCompleted)
        {
            Finish();
        }
        else
        {
            // On whatever thread completes the work: an await here would cost a hop to the thread pool.
            work.ContinueWith(static (_, call) => ((Call)call!).Finish(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Finish()
    {
        // First the activation, then the caller: who has the answer finds the grain free.
        Activation!.Completed(this);
        StopListening();
        if (work!.IsFaulted)
        {
            Fail(work.Exception!.InnerException!);
        }
        else if (work.IsCanceled)
        {
            Fail(new TaskCanceledException(work));
        }
        else if (filtered)
        {
            Answer(((Task<object?>)work).Result);
        }
        else
        {
            Answer(work);
        }
    }
}

/// <summary>A call that answers with a value.</summary>
internal abstract class Call<TResult> : Call
{
    // Callers go on in their own context, never inside the grain's turn.
    private readonly TaskCompletionSource<TResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Task => answer.Task;

    public override object? ResultOf(Task completed) => ((Task<TResult>)completed).Result;

    public override void Answer(Task completed) => answer.TrySetResult(((Task<TResult>)completed).Result);

    public override void Answer(object? result) => answer.TrySetResult(result is null ? default! : (TResult)result);

    public override void Fail(Exception exception)
    {
        StopListening();
        if (exception is OperationCanceledException cancelled)
        {
            answer.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            answer.TrySetException(exception);
        }
    }
}

/// <summary>A call that answers without a value.</summary>
internal abstract class VoidCall : Call
{
    private readonly TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => answer.Task;

    public override object? ResultOf(Task completed) => null;

    public override void Answer(Task completed) => answer.TrySetResult();

    public override void Answer(object? result) => answer.TrySetResult();

    public override void Fail(Exception exception)
    {
        StopListening();
        if (exception is OperationCanceledException cancelled)
        {
            answer.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            answer.TrySetException(exception);
        }
    }
}

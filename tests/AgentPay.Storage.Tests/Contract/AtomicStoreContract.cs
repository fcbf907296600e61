using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Tests.Contract;

/// <summary>What every store promises; a subclass says which store. Each test has a store of its own.</summary>
public abstract partial class AtomicStoreContract : IAsyncLifetime
{
    /// <summary>The store under test, empty at the start of each test.</summary>
    protected IAtomicStore Store { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Opens the store of this test; called again after it was closed, it finds what was written.</summary>
    protected abstract Task<IAtomicStore> OpenAsync();

    /// <summary>Removes what the test wrote.</summary>
    protected abstract ValueTask RemoveAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync();
    }

    private async Task CommittedAsync(Commit commit)
    {
        var result = await Store.CommitAsync(commit);
        Assert.Equal(new CommitResult(CommitStatus.Committed, commit.ExpectedVersion + 1), result);
    }

    private async Task<string?> StateAsync(string key)
    {
        var stored = await Store.ReadAsync(Some.Grain(key), Cancel);
        return stored is null ? null : $"{stored.Version}:{Some.Text(stored.State)}";
    }
}

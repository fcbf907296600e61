using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AgentPay.Storage.Tests.Postgres;

/// <summary>What becomes of the first COMMIT that passes.</summary>
public enum Cut
{
    /// <summary>The server commits; its reply is lost with the connection.</summary>
    AfterCommitIsDone,

    /// <summary>It never arrives; both connections end.</summary>
    BeforeCommitArrives,

    /// <summary>It never arrives; the caller's connection ends, the server's stays open and knows of nothing.</summary>
    BeforeCommitArrivesAndTheServerHangs,
}

/// <summary>Stands between a store and its database, and ends one connection at its COMMIT.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly List<TcpClient> _clients = [];
    private readonly int _serverPort;
    private readonly Cut _cut;
    private readonly Task _accepting;
    private int _commits;
    private int _connections;
    private volatile bool _isArmed;

    internal CuttingProxy(int serverPort, Cut cut)
    {
        (_serverPort, _cut) = (serverPort, cut);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>COMMITs that came from the store since it was armed.</summary>
    internal int Commits => _commits;

    /// <summary>Connections that were opened through it, so far.</summary>
    internal int Connections => Volatile.Read(ref _connections);

    internal string Via(string connectionString) =>
        new Npgsql.NpgsqlConnectionStringBuilder(connectionString) { Port = Port, SslMode = Npgsql.SslMode.Disable, GssEncryptionMode = Npgsql.GssEncryptionMode.Disable }.ConnectionString;

    internal void Arm() => _isArmed = true;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _accepting;
        _clients.ForEach(client => client.Dispose());
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_over.Token);
                _ = Interlocked.Increment(ref _connections);
                var server = new TcpClient { NoDelay = true };
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _over.Token);
                _clients.AddRange([client, server]);
                connections.Add(RelayAsync(client, server));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient client, TcpClient server)
    {
        var dropReplies = new StrongBox();
        var up = UpAsync(client, server, dropReplies);
        var down = DownAsync(client, server, dropReplies);
        await Task.WhenAll(up, down);
    }

    private async Task UpAsync(TcpClient client, TcpClient server, StrongBox dropReplies)
    {
        var buffer = new byte[65_536];
        try
        {
            for (int count; (count = await client.GetStream().ReadAsync(buffer, _over.Token)) > 0;)
            {
                if (_isArmed && buffer.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Increment(ref _commits) == 1)
                {
                    if (_cut == Cut.AfterCommitIsDone)
                    {
                        dropReplies.IsSet = true;
                    }
                    else
                    {
                        client.Client.Close(0);
                        if (_cut == Cut.BeforeCommitArrives)
                        {
                            server.Client.Close(0);
                        }

                        return;
                    }
                }

                await server.GetStream().WriteAsync(buffer.AsMemory(0, count), _over.Token);
            }

            server.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception end) when (end is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // One side is gone, which is what this proxy is for.
            return;
        }
    }

    private async Task DownAsync(TcpClient client, TcpClient server, StrongBox dropReplies)
    {
        var buffer = new byte[65_536];
        try
        {
            for (int count; (count = await server.GetStream().ReadAsync(buffer, _over.Token)) > 0;)
            {
                if (!dropReplies.IsSet)
                {
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, count), _over.Token);
                }
                else if (buffer.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0)
                {
                    client.Client.Close(0);
                    server.Client.Close(0);
                    return;
                }
            }

            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception end) when (end is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // One side is gone, which is what this proxy is for.
            return;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_cut} on {Port}");

    private sealed class StrongBox
    {
        internal volatile bool IsSet;
    }
}

namespace AgentPay.Storage.Tests.Postgres;

/// <content>What starts it before the tests that need it.</content>
public sealed partial class PrivatePostgres : IAsyncLifetime;

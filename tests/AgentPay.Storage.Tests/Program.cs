using AgentPay.Storage.Tests.Sqlite;

// The tests start this assembly a second time as a process that they can kill.
return args switch
{
    [WriterProcess.Argument, var path, var round] => await WriterProcess.RunAsync(path, round),
    [WriterProcess.Argument, var path, var round, var operations, var seed, var failedSync] => await WriterProcess.RunAsync(path, round, operations, seed, failedSync),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};

using AgentPay.Storage.Tests.Sqlite;

// The tests start this assembly a second time as a process that they can kill.
return args is [WriterProcess.Argument, var path, var round]
    ? await WriterProcess.RunAsync(path, round)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

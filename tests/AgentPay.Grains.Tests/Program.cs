#if ORLEANS
return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
#else
using AgentPay.Grains.Tests.Simulation;

// The tests start this assembly a second time as a process with one thread.
return args switch
{
    [ReplayProcess.Argument, var seeds, var trace] => await ReplayProcess.RunAsync(seeds, trace),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};
#endif

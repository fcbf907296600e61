using AgentPay.Silo.Composition;

// Exit codes: 0 stopped cleanly, 2 wrong settings, 3 something the engine stands on is missing, 1 anything else.
return await Engine.RunAsync(args, Console.Error);

/// <summary>The engine's entry point; the name lets tests find the assembly.</summary>
internal sealed partial class Program;

namespace AgentPay.SystemTests.World;

/// <summary>Two engines: see <see cref="Engines"/>.</summary>
public sealed class TwoEngines() : Engines(FirstName, SecondName)
{
    internal const string FirstName = "first";
    internal const string SecondName = "second";

    internal Engine First => All[0];

    internal Engine Second => All[1];
}

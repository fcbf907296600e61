namespace Orleans.Runtime;

/// <summary>A fault of the host that runs the grains.</summary>
[GenerateSerializer]
public class OrleansException : Exception
{
    /// <summary>An unexplained fault.</summary>
    public OrleansException()
        : base("Unexpected error.")
    {
    }

    /// <summary>A fault in words.</summary>
    public OrleansException(string message)
        : base(message)
    {
    }

    /// <summary>A fault in words, with its cause.</summary>
    public OrleansException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A call was not delivered, or its answer is lost.</summary>
[GenerateSerializer]
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message)
        : base(message)
    {
    }

    internal OrleansMessageRejectionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The silo does not take calls: it stops, has stopped, or the activation was lost with the call's outcome.</summary>
[GenerateSerializer]
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    /// <summary>An unexplained refusal.</summary>
    public SiloUnavailableException()
        : base("Silo unavailable")
    {
    }

    /// <summary>A refusal in words.</summary>
    public SiloUnavailableException(string msg)
        : base(msg)
    {
    }

    /// <summary>A refusal in words, with its cause.</summary>
    public SiloUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

namespace AgentPay.X402.Messages;

/// <summary>What is sold.</summary>
/// <param name="Url">Absolute URL.</param>
/// <param name="Description">For people; may be empty.</param>
/// <param name="MimeType">Of the paid answer; may be empty.</param>
public sealed record ResourceInfo(string Url, string Description = "", string MimeType = "");

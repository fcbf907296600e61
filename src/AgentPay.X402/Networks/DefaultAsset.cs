namespace AgentPay.X402.Networks;

/// <summary>The token a price in dollars means on a network when the seller names none.</summary>
/// <param name="Network">CAIP-2.</param>
/// <param name="Address">The token contract, checksummed.</param>
/// <param name="Name">The token's EIP-712 domain name; differs between networks for the same coin.</param>
/// <param name="Version">The token's EIP-712 domain version.</param>
/// <param name="Decimals">Decimal places of one whole token.</param>
/// <param name="SupportsEip3009">False where the token can be moved by Permit2 only.</param>
public sealed record DefaultAsset(string Network, string Address, string Name, string Version, int Decimals, bool SupportsEip3009 = true);

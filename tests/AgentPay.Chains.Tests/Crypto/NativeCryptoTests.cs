using AgentPay.Chains.Crypto;

namespace AgentPay.Chains.Tests.Crypto;

public sealed class NativeCryptoTests
{
    [Fact]
    public void A_missing_library_is_named_with_its_package()
    {
        var missing = Assert.Throws<DllNotFoundException>(
            () => NativeCrypto.Load(["libnowhere.so.1"], "libnowhere", "libnowhere1", typeof(NativeCrypto).Assembly, null));
        Assert.Equal("The native library libnowhere is missing: install the package libnowhere1 (tried libnowhere.so.1).", missing.Message);
    }

    [Fact]
    public void The_start_up_check_passes_where_both_are_installed() => NativeCrypto.EnsureAvailable();
}

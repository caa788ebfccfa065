using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Tpm;

public sealed class ResponseCodeTests
{
    [Theory]
    [InlineData(0x98Eu, "TPM_RC_AUTH_FAIL", TpmRcSubject.Session, 1)]
    [InlineData(0xA8Eu, "TPM_RC_AUTH_FAIL", TpmRcSubject.Session, 2)]
    [InlineData(0x99Du, "TPM_RC_POLICY_FAIL", TpmRcSubject.Session, 1)]
    [InlineData(0x18Bu, "TPM_RC_HANDLE", TpmRcSubject.Handle, 1)]
    [InlineData(0x28Bu, "TPM_RC_HANDLE", TpmRcSubject.Handle, 2)]
    [InlineData(0x1D5u, "TPM_RC_SIZE", TpmRcSubject.Parameter, 1)]
    [InlineData(0x3DFu, "TPM_RC_INTEGRITY", TpmRcSubject.Parameter, 3)]
    [InlineData(0xFC4u, "TPM_RC_VALUE", TpmRcSubject.Parameter, 15)]
    [InlineData(0x922u, "TPM_RC_RETRY", TpmRcSubject.Command, 0)]
    [InlineData(0x921u, "TPM_RC_LOCKOUT", TpmRcSubject.Command, 0)]
    [InlineData(0x12Fu, "TPM_RC_AUTH_UNAVAILABLE", TpmRcSubject.Command, 0)]
    [InlineData(0x101u, "TPM_RC_FAILURE", TpmRcSubject.Command, 0)]
    public void A_response_code_is_told_apart_into_code_subject_and_index(uint code, string name, TpmRcSubject subject, int index)
    {
        var error = new TpmException(TpmCc.Load, code);

        Assert.Equal(name, error.Code.Name);
        Assert.Equal(subject, error.Subject);
        Assert.Equal(index, error.Index);
        Assert.Contains(error.Code.Text, error.Message);
        Assert.Contains("TPM2_Load", error.Message);
    }

    [Fact]
    public void An_unknown_code_is_shown_as_it_is() => Assert.Contains("0x17F", new TpmException(TpmCc.Load, 0x17F).Message);

    [Fact]
    public void A_code_of_the_software_below_says_so() =>
        Assert.Contains("resource manager", new TpmException(TpmCc.Load, 0x000B0902).Message);
}

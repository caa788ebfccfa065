using System.Linq;
using TpmMigration.Keys;
using Xunit;

namespace TpmMigration.Tests.Keys;

/// <summary>Certificates that lie in a TPM one behind the other.</summary>
public sealed class EndorsementCertificateChainTests
{
    private static readonly byte[] s_first = Certificate(300), s_second = Certificate(700);

    [Fact]
    public void Certificates_are_told_apart_and_padding_is_none() =>
        Assert.Equal([s_first, s_second], EndorsementCertificateChain.Split([.. s_first, .. s_second, .. new byte[50]]));

    [Fact]
    public void What_is_cut_off_or_no_certificate_ends_them()
    {
        Assert.Equal([s_first], EndorsementCertificateChain.Split([.. s_first, .. s_second[..^1]]));
        Assert.Equal([s_first], EndorsementCertificateChain.Split([.. s_first, 0x31, .. s_second]));
        Assert.Empty(EndorsementCertificateChain.Split([]));
        Assert.Empty(EndorsementCertificateChain.Split([0x30, 0x82, 0xff]));
        Assert.Equal(16, EndorsementCertificateChain.Split([.. Enumerable.Repeat(s_first, 20).SelectMany(c => c)]).Count);
    }

    private static byte[] Certificate(int size) => [0x30, 0x82, (byte)(size >> 8), (byte)size, .. new byte[size]];
}

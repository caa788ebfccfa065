using System;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Cmdlets.Tests.Commands;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>A service is known by a certificate that this system trusts, or by the very one that is named.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly AuthorityProcess _authority = new();
    private readonly ModuleSession _session = new();

    [Fact]
    public void A_certificate_of_TLS_is_the_one_that_was_named_or_one_that_is_trusted()
    {
        string fingerprint = _authority.TlsFingerprint;
        Assert.Equal("Example MA", Ask(fingerprint).ThrowIfFailed().Output.Single().ToString());
        Assert.Equal("Example MA", Ask(string.Join(':', fingerprint.ToUpperInvariant().Chunk(2).Select(pair => new string(pair)))).ThrowIfFailed().Output.Single().ToString());
        Expect.Error(Assert.Single(Ask(null).Errors), "MaService.TlsRefused", ErrorCategory.SecurityError, "is not trusted by this machine", null);
        Expect.Error(Assert.Single(Ask(new string('0', 64)).Errors), "MaService.TlsRefused", ErrorCategory.SecurityError, $"but one with SHA-256 {fingerprint}", null);
    }

    public void Dispose()
    {
        _session.Dispose();
        _authority.Dispose();
    }

    private ModuleSessionResult Ask(string? fingerprint) => _session.Run(
        "param($Address, $Fingerprint) $more = @{}; if ($Fingerprint) { $more.TlsFingerprint = $Fingerprint }; (Get-MaServiceInformation $Address @more).Name",
        new { Address = _authority.Address.ToString(), Fingerprint = fingerprint });
}

using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Certifying keys and checking certifications, by parameter and by pipe.</summary>
public sealed class ConfirmTests(Scene scene) : SceneTests(scene)
{
    [Fact]
    public void A_key_is_certified_and_confirmed_where_the_attestation_key_is_known()
    {
        PSObject made = Assert.Single(Scene.Run("$global:c = Confirm-TpmKey Vpn -Nonce C0FFEE -Path $files/vpn.xml; $c").ThrowIfFailed().Output);
        Assert.Equal("c0ffee", made.Properties["Nonce"].Value);
        Assert.Equal(true, made.Properties["HasCreation"].Value);
        Assert.Equal(File.ReadAllText(Path.Combine(Scene.Files, "vpn.xml")), made.Properties["Document"].Value);
        foreach (string known in new[] { "$here", "$c", "$c.AttestationKey", "(Copy-Remoted $c)", "(Confirm-TpmKey -Certification $c)", "$files/vpn.xml" })
        {
            foreach (string certification in new[] { "$c", "$c.Document", "$files/vpn.xml", "$files/vp*.xml", "(Copy-Remoted $c)", "([IO.FileInfo]::new(\"$files/vpn.xml\"))" })
            {
                PSObject found = Assert.Single(Scene.Run($"Confirm-TpmKey -Certification {certification} -AttestationKey {known} -Nonce c0ffee -MadeInTpm").ThrowIfFailed().Output);
                Assert.Equal("Confirmed", found.Properties["Verdict"].Value.ToString());
                Assert.Equal("Migratable", found.Properties["Kind"].Value.ToString());
                Assert.Equal(true, found.Properties["IsMadeInTpm"].Value);
            }
        }
        Assert.Equal("Refused", Verdict("Confirm-TpmKey -Certification $c -AttestationKey $here -Nonce (1,2,3)"));
        Assert.Equal("Refused", Verdict("Confirm-TpmKey -Certification $c -AttestationKey $there"));
        Assert.Equal("NotProven", Verdict("Confirm-TpmKey -Certification $c"));
    }

    [Fact]
    public void Keys_come_by_pipe_and_certifications_go_on_by_pipe()
    {
        Assert.Equal(["Group", "Mail", "Vpn"], Names("Get-TpmKey | Where-Object { $_.HasPassword -eq $false -and $_.Name -notlike 'platform*' } | Confirm-TpmKey").Order(StringComparer.Ordinal));
        Assert.Equal(["Vpn"], Names("Copy-Remoted (Get-TpmKey Vpn) | Confirm-TpmKey"));
        Assert.Equal(["Confirmed", "Confirmed"], Verdicts("Get-TpmKey Vpn, Group | Confirm-TpmKey | Confirm-TpmKey -AttestationKey $here"));
    }

    [Theory]
    [InlineData("$c")]
    [InlineData("$c, $c")]
    [InlineData("(Copy-Remoted $c)")]
    [InlineData("$c.Document")]
    [InlineData("(Copy-Remoted $c.Document)")]
    [InlineData("\"$files/piped.xml\"")]
    [InlineData("\"$files/pip*.xml\"")]
    [InlineData("([IO.FileInfo]::new(\"$files/piped.xml\"))")]
    public void A_certification_in_any_form_is_checked_from_the_pipe(string certification)
    {
        Scene.Run("$global:c = Confirm-TpmKey Vpn -Nonce '0102' -Path $files/piped.xml -Force").ThrowIfFailed();
        Assert.All(Verdicts($"{certification} | Confirm-TpmKey"), verdict => Assert.Equal("NotProven", verdict));
        Assert.All(Verdicts($"{certification} | Confirm-TpmKey -Nonce '0102'"), verdict => Assert.Equal("NotProven", verdict));
        Assert.All(Verdicts($"{certification} | Confirm-TpmKey -AttestationKey $here"), verdict => Assert.Equal("Confirmed", verdict));
    }

    [Fact]
    public void Checking_needs_no_TPM_and_no_store() => Assert.Equal(
        "Confirmed", Verdict("$k = Confirm-TpmKey Vpn; Confirm-TpmKey -Certification $k -AttestationKey $k -Tpm nonsense:x -Store /nowhere/x"));

    [Fact]
    public void A_key_that_its_owner_can_let_go_is_no_CMK_of_an_authority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = TestSigner.Make("Authority", key);
        Directory.CreateDirectory(Path.Combine(Scene.Files, "msa"));
        File.WriteAllBytes(Path.Combine(Scene.Files, "msa", "a.cer"), certificate.RawData);
        Scene.Run("$global:v = Confirm-TpmKey Vpn").ThrowIfFailed();
        foreach (string authority in new[] { "$files/msa/a.cer", "$files/msa", "([IO.File]::ReadAllBytes(\"$files/msa/a.cer\"))" })
        {
            PSObject found = Assert.Single(Scene.Run($"Confirm-TpmKey -Certification $v -AttestationKey $v -MigrationSelectionAuthority {authority}").ThrowIfFailed().Output);
            Assert.Equal("Refused", found.Properties["Verdict"].Value.ToString());
            PSObject policy = PSObject.AsPSObject(((Array)found.Properties["Checks"].Value).Cast<object>().Single(c => PSObject.AsPSObject(c).Properties["Check"].Value.ToString() == "Policy"));
            Assert.Equal("Failed", policy.Properties["Answer"].Value.ToString());
        }
        Expect.Error(Scene.ErrorOf("Confirm-TpmKey -Certification $v -MigrationSelectionAuthority $files/msa -Quorum 2"), "Argument.Invalid", ErrorCategory.InvalidArgument, "1 to 1 can be asked for", null);
        Expect.Error(Scene.ErrorOf("Confirm-TpmKey -Certification $v -Quorum 2"), "Argument.Invalid", ErrorCategory.InvalidArgument, "-MigrationSelectionAuthority", null);
    }

    [Fact]
    public void WhatIf_makes_nothing()
    {
        string before = Scene.State();
        Assert.Empty(Scene.Run("Get-TpmKey Vpn | Confirm-TpmKey -Path $files/whatif.xml -WhatIf").ThrowIfFailed().Output);
        Scene.Run("Confirm-TpmKey Vpn -Store $files/../elsewhere -WhatIf");
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("Confirm-TpmKey Nobody", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "There is no key named 'Nobody'", "Nobody")]
    [InlineData("Confirm-TpmKey 0x81000099", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "0x81000099", "0x81000099")]
    [InlineData("Confirm-TpmKey platform-ak", "Certification.NotCertifiable", ErrorCategory.InvalidOperation, "is the attestation key", "platform-ak")]
    [InlineData("Confirm-TpmKey Code", "TpmKey.KeyPassword", ErrorCategory.AuthenticationError, "has a password", "Code")]
    [InlineData("Confirm-TpmKey Vpn -Nonce xyz", "Argument.Invalid", ErrorCategory.InvalidArgument, "hexadecimal", null)]
    [InlineData("Confirm-TpmKey Vpn -Nonce ''", "Argument.Invalid", ErrorCategory.InvalidArgument, "1 to 32 bytes", null)]
    [InlineData("Confirm-TpmKey Vpn -Path /nowhere/x/y.xml", "Document.NotWritten", ErrorCategory.WriteError, "/nowhere/x/y.xml", "Vpn")]
    [InlineData("Confirm-TpmKey -Certification $package", "Certification.Malformed", ErrorCategory.InvalidData, "This is no certification of a key", null)]
    [InlineData("Confirm-TpmKey -Certification /nowhere/c.xml", "Document.NotFound", ErrorCategory.ObjectNotFound, "There is no file", "/nowhere/c.xml")]
    [InlineData("Confirm-TpmKey -Certification $package -AttestationKey $package", "Certification.Malformed", ErrorCategory.InvalidData, "This is no certification of a key", null)]
    [InlineData("Confirm-TpmKey -Certification $package -AttestationKey abcd", "Argument.Invalid", ErrorCategory.InvalidArgument, "neither the TPM name", null)]
    [InlineData("Confirm-TpmKey -Certification $package -TrustedRoot $files/none", "Document.NotFound", ErrorCategory.ObjectNotFound, "cannot be read", null)]
    [InlineData("$null = [IO.Directory]::CreateDirectory(\"$files/empty\"); Confirm-TpmKey -Certification $package -TrustedRoot $files/empty", "Document.NotFound", ErrorCategory.ObjectNotFound, "There is no certificate in the folder", null)]
    public void Wrong_input_is_told_apart_and_changes_nothing(string script, string id, ErrorCategory category, string text, string? target)
    {
        Scene.Run("$null = Confirm-TpmKey Vpn; $null = [IO.Directory]::CreateDirectory(\"$files/empty\")").ThrowIfFailed();
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf(script), id, category, text, target);
        Assert.Equal(before, Scene.State());
    }

    private string Verdict(string script) => Assert.Single(Verdicts(script));

    private string[] Verdicts(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Select(o => o.Properties["Verdict"].Value.ToString()!)];

    private string[] Names(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Select(o => (string)o.Properties["KeyName"].Value)];
}

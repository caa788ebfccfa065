using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Test-TpmMigrationPackage: what it finds, and that it leaves no trace.</summary>
public sealed class PackageVerificationTests(Scene scene) : SceneTests(scene)
{
    private const string ReadAndTrusted = "Form Passed, Signature Passed, Integrity Passed, Trust Passed, Approvals Passed, ";

    [Fact]
    public void A_sound_package() => Check("Test-TpmMigrationPackage $package", true, ReadAndTrusted + "Destination NotChecked, Key NotChecked");

    [Fact]
    public void A_sound_package_is_rehearsed() => Check("Test-TpmMigrationPackage $package -Rehearse", true, ReadAndTrusted + "Destination Passed, Key Vpn Passed");

    [Fact]
    public void No_TPM_is_needed_without_a_rehearsal() => Check("Test-TpmMigrationPackage $package -Tpm device:/dev/no-such-tpm", true, ReadAndTrusted + "Destination NotChecked, Key NotChecked");

    [Fact]
    public void An_unknown_signer_is_told_and_the_rest_checked_all_the_same()
    {
        Scene.Run("$null = New-TpmMigratableKey Away @other; $global:arrived = Export-TpmMigrationPackage Away $here -Reason Test @other").ThrowIfFailed();
        Check("Test-TpmMigrationPackage $arrived -Rehearse", false, "Form Passed, Signature Passed, Integrity Passed, Trust Failed Package.SignerUnknown, Approvals Passed, Destination Passed, Key Away Passed");
    }

    [Theory]
    [InlineData("$package.Document -replace 'purpose=\"Migrate\"', 'purpose=\"Backup\"'", "Form Passed, Signature Failed Signature.Document, Integrity NotChecked")]
    [InlineData("$package.Document -replace '(?s)<Signature .*</Signature>\\s*'", "Form Passed, Signature Failed Signature.Missing, Integrity NotChecked")]
    [InlineData("$package.Document.Substring(0, 900)", "Form Failed Package.NotXml, Signature NotChecked, Integrity NotChecked")]
    public void An_altered_package(string document, string found) =>
        Check($"Test-TpmMigrationPackage ({document}) -Rehearse", false, found + ", Trust NotChecked, Approvals NotChecked, Destination NotChecked, Key NotChecked");

    [Fact]
    public void A_package_for_another_machine_is_sound_and_cannot_be_rehearsed_here()
    {
        PSObject test = Check("Test-TpmMigrationPackage $foreign -Rehearse", true, ReadAndTrusted + "Destination NotChecked, Key NotChecked");
        Assert.Contains("that this machine's TPM does not have.", Reasons(test), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_with_a_password_is_proven_with_it_and_taken_in_without()
    {
        Scene.Run("$global:locked = Export-TpmMigrationPackage Code $here -Reason Test -KeyPassword $password").ThrowIfFailed();
        Assert.Contains("The TPM takes it in, and it works.", Reasons(Check("Test-TpmMigrationPackage $locked -Rehearse -KeyPassword $password", true, ReadAndTrusted + "Destination Passed, Key Code Passed")), StringComparison.Ordinal);
        Assert.Contains("was not proven, for want of its password.", Reasons(Check("Test-TpmMigrationPackage $locked -Rehearse", true, ReadAndTrusted + "Destination Passed, Key Code Passed")), StringComparison.Ordinal);
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf("Test-TpmMigrationPackage $locked -Rehearse -KeyPassword $wrong"), "TpmKey.KeyPassword", ErrorCategory.AuthenticationError, "The password of the key 'Code' is wrong", null);
        Assert.Equal(before, Scene.State());
        Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
    }

    [Fact]
    public void A_duplicate_that_was_altered_before_it_was_signed_is_found_by_the_TPM()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = TestSigner.Make("Mallory", key);
        string pfx = Path.Combine(Scene.Files, "mallory.pfx"), pem = Path.Combine(Scene.Files, "mallory.pem"), file = Path.Combine(Scene.Files, "altered.xml");
        File.WriteAllBytes(pfx, certificate.Export(X509ContentType.Pfx, Scene.Password));
        File.WriteAllText(pem, key.ExportPkcs8PrivateKeyPem());
        Scene.Run("""
            param($Certificate)
            $document = (Export-TpmMigrationPackage Vpn $here -Reason Test -Certificate $files/mallory.pfx -CertificatePassword $password).Document
            $document = [regex]::Replace($document, '(?<=<Duplicate>.{60}).', { if ($args[0].Value -eq 'A') { 'B' } else { 'A' } })
            [IO.File]::WriteAllText("$files/altered.xml", $document)
            $null = Register-MigrationAuthority Mallory -SignerCertificate $Certificate -Role PackageSigner
            """, new { Certificate = Convert.ToBase64String(certificate.RawData) }).ThrowIfFailed();
        string signed = ToolFolder.Run(Scene.Files, "xmlsec1", "--sign", "--privkey-pem", pem, file);
        File.WriteAllText(file, signed);
        Check("Test-TpmMigrationPackage $files/altered.xml -Rehearse", false, ReadAndTrusted + "Destination Passed, Key Vpn Failed Package.Altered");
        Expect.Error(Scene.ErrorOf("Import-TpmMigrationPackage $files/altered.xml -NewName G1"), "Package.Altered", ErrorCategory.SecurityError, "The TPM does not accept the key 'Vpn': the package was altered", null);
        Scene.Run("Unregister-MigrationAuthority Mallory").ThrowIfFailed();
    }

    [Fact]
    public void Several_come_by_path_pattern_and_by_pipe()
    {
        Scene.Run("[IO.File]::WriteAllText(\"$files/one.test.xml\", $package.Document); [IO.File]::WriteAllText(\"$files/two.test.xml\", $foreign.Document)").ThrowIfFailed();
        Assert.Equal(5, Scene.Run("Test-TpmMigrationPackage $files/*.test.xml; $package, (Copy-Remoted $package), \"$files/one.test.xml\" | Test-TpmMigrationPackage").ThrowIfFailed().Output.Count(o => o.Properties["IsSound"].Value is true));
        Expect.Error(Scene.ErrorOf("Test-TpmMigrationPackage /nowhere/p.xml"), "Document.NotFound", ErrorCategory.ObjectNotFound, "There is no file '/nowhere/p.xml'.", "/nowhere/p.xml");
    }

    /// <summary>Runs a verification, compares what it found, and sees that TPM, store and files are as they were.</summary>
    private PSObject Check(string script, bool sound, string found)
    {
        string before = Scene.State();
        PSObject test = Assert.Single(Scene.Run(script).ThrowIfFailed().Output);
        Assert.Equal(found, string.Join(", ", Checks(test).Select(check => string.Join(' ', new[] { "Check", "Key", "Verdict", "ErrorId" }.Select(name => check.Properties[name].Value.ToString()).Where(text => text!.Length != 0)))));
        Assert.Equal(sound, test.Properties["IsSound"].Value);
        Assert.Equal(before, Scene.State());
        return test;
    }

    private static string Reasons(PSObject test) => string.Join('\n', Checks(test).Select(check => check.Properties["Reason"].Value));

    private static PSObject[] Checks(PSObject test) => [.. ((Array)test.Properties["Checks"].Value).Cast<object>().Select(PSObject.AsPSObject)];
}

using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Whose packages are imported, and whose are refused: $arrived is from another machine, whose signer is not registered here.</summary>
public sealed class PackageTrustTests : SceneTests
{
    private const string Again = "The document was altered after it was signed. Get it anew from its source.";

    public PackageTrustTests(Scene scene) : base(scene)
    {
        if (Scene.Run("$arrived").Output is [not null]) return;
        Scene.Run("""
            $null = New-TpmMigratableKey Away @other
            $global:arrived = Export-TpmMigrationPackage Away $here -Reason Test @other
            $global:family = Export-TpmMigrationPackage Group $here -Reason Test
            """).ThrowIfFailed();
    }

    [Theory]
    [InlineData("Import-TpmMigrationPackage $arrived", "Package.SignerUnknown", "is not registered on this machine. If it is to be trusted as PackageSigner, register it with Register-MigrationAuthority.")]
    [InlineData("$null = $arrived | Register-MigrationAuthority -Name other -Role MigrationSelectionAuthority; Import-TpmMigrationPackage $arrived", "Package.SignerNotForThisRole", "is registered as 'other'. It is registered for MigrationSelectionAuthority, and this takes PackageSigner.")]
    public void A_signer_that_is_not_trusted_is_refused(string script, string id, string text)
    {
        string before = Scene.State();
        ErrorRecord error = Scene.ErrorOf(script);
        Expect.Error(error, id, ErrorCategory.SecurityError, text, null);
        Assert.StartsWith("The signer is not trusted here: 'Platform signing key ", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("Register the signer with Register-MigrationAuthority, if it is to be trusted; or accept this one package with -AcceptUnknownSigner.", error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, Scene.State());
        Forget();
    }

    [Theory]
    [InlineData(-60, -30, "Package.SignerExpired", "was valid until ")]
    [InlineData(30, 60, "Package.SignerNotYetValid", "is valid from ")]
    public void A_signer_whose_certificate_is_not_valid_now_is_refused(int from, int until, string id, string text)
    {
        // A signature says nothing of the certificate's time: the same key has one that is valid, and one that is not.
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 valid = TestSigner.Make("Valid", key), other = TestSigner.Make("Untimely", key, from, until);
        File.WriteAllBytes(Path.Combine(Scene.Files, "valid.pfx"), valid.Export(X509ContentType.Pfx, Scene.Password));
        Scene.Run("""
            param($Valid, $Untimely)
            $global:late = (Export-TpmMigrationPackage Vpn $here -Reason Test -Certificate $files/valid.pfx -CertificatePassword $password).Document.Replace($Valid, $Untimely)
            $null = Register-MigrationAuthority Untimely -SignerCertificate $Untimely -Role PackageSigner
            """, new { Valid = Convert.ToBase64String(valid.RawData), Untimely = Convert.ToBase64String(other.RawData) }).ThrowIfFailed();
        Expect.Error(Scene.ErrorOf("Import-TpmMigrationPackage $late -NewName G1"), id, ErrorCategory.SecurityError, "The certificate of 'CN=Untimely' " + text, null);
        Forget();
    }

    [Fact]
    public void A_registered_signer_and_this_machine_itself_are_trusted()
    {
        Assert.Equal(["Unknown", "Trusted", "OwnPlatform"], Lines("""
            "$((Get-TpmMigrationPackage $arrived).Trust)"
            $null = Copy-Remoted $arrived | Register-MigrationAuthority -Name other -Role PackageSigner
            "$((Get-TpmMigrationPackage $arrived).Trust)"
            "$((Get-TpmMigrationPackage $package).Trust)"
            """));
        string[] origins = Lines("""
            (Import-TpmMigrationPackage $arrived).Origin
            (Get-TpmKey Away).Origin
            (Get-TpmKey Vpn).Origin
            Remove-TpmKey Away -Confirm:$false
            """);
        Assert.Matches(@"^Imported from package [0-9a-f-]{36}, signed by Platform signing key [0-9a-f]{16} \([0-9a-f]{64}\)$", origins[0]);
        Assert.Equal([origins[0], "Created here"], origins.Skip(1));
        Forget();
    }

    [Fact]
    public void A_package_that_is_let_in_all_the_same_says_by_whom_and_why()
    {
        ModuleSessionResult result = Scene.Run("(Import-TpmMigrationPackage $arrived -AcceptUnknownSigner -Reason 'Case 7').Origin; (Get-TpmKey Away).Origin; Remove-TpmKey Away -Confirm:$false").ThrowIfFailed();
        string warning = Assert.Single(result.Warnings);
        Assert.StartsWith("The signer of the package is not trusted here. 'Platform signing key ", warning, StringComparison.Ordinal);
        Assert.EndsWith(": Case 7", warning, StringComparison.Ordinal);
        string origin = Assert.Single(result.Output.Select(o => o.ToString()).Distinct());
        Assert.Matches(@"^Imported from package [0-9a-f-]{36}, signed by Platform signing key [0-9a-f]{16} \([0-9a-f]{64}\), let in by .+: Case 7$", origin);
    }

    [Theory]
    [InlineData("Import-TpmMigrationPackage $arrived -AcceptUnknownSigner", "Argument.Invalid", ErrorCategory.InvalidArgument, "-AcceptUnknownSigner is recorded with the keys, and asks for the -Reason.")]
    [InlineData("Import-TpmMigrationPackage ($package.Document -replace '(?s)<Signature .*</Signature>\\s*') -AcceptUnknownSigner -Reason Test", "Signature.Missing", ErrorCategory.SecurityError, "The package is not signed.")]
    [InlineData("Import-TpmMigrationPackage ($package.Document -replace 'purpose=\"Migrate\"', 'purpose=\"Backup\"') -AcceptUnknownSigner -Reason Test", "Signature.Document", ErrorCategory.SecurityError, Again)]
    [InlineData("Import-TpmMigrationPackage ($package.Document -replace '<Source host=\"', '<Source host=\"x') -AcceptUnknownSigner -Reason Test", "Signature.Document", ErrorCategory.SecurityError, Again)]
    [InlineData("$s = '(?s)<KeyInfo>.*</KeyInfo>'; Import-TpmMigrationPackage ([regex]::Replace($package.Document, $s, [regex]::Match($arrived.Document, $s).Value)) -AcceptUnknownSigner -Reason Test", "Signature.Value", ErrorCategory.SecurityError, "The signature was not made by the key it names")]
    [InlineData("Import-TpmMigrationPackage ([regex]::Replace($package.Document, '(?s)<KeyInfo>.*</KeyInfo>', '<KeyInfo><X509Data><X509Certificate>AAAA</X509Certificate></X509Data></KeyInfo>'))", "Signature.Key", ErrorCategory.SecurityError, "The signer's certificate")]
    [InlineData("Import-TpmMigrationPackage $package -MaximumSize 1000", "Package.LimitExceeded", ErrorCategory.LimitsExceeded, "The package is larger than is taken in.")]
    [InlineData("Get-TpmMigrationPackage $family -MaximumKeyCount 1", "Package.LimitExceeded", ErrorCategory.LimitsExceeded, "It holds more than 1 keys.")]
    [InlineData("Import-TpmMigrationPackage ($package.Document -replace ' version=\"1\" id', ' version=\"2\" id')", "Package.UnknownVersion", ErrorCategory.NotImplemented, "The package is of version 2; this module reads version 1. Read it with a later release.")]
    [InlineData("Import-TpmMigrationPackage ($package.Document -replace '<MigrationPackage ', '<!DOCTYPE MigrationPackage [<!ENTITY e \"x\">]><MigrationPackage ')", "Package.DocumentType", ErrorCategory.InvalidData, "The package has a document type declaration, which is not allowed.")]
    public void One_error_with_its_text(string script, string id, ErrorCategory category, string text)
    {
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf(script + " | Out-Null"), id, category, text, null);
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void All_that_stands_against_an_import_is_told_at_once_and_nothing_is_imported()
    {
        Scene.Run("""
            $null = New-TpmMigratableKey Vpn @other
            $null = New-TpmMigratableKey Locked -KeyPassword $password @other
            $global:several = 'Vpn', 'Locked' | Export-TpmMigrationPackage -Destination $here -Reason Test -KeyPassword $password @other
            """).ThrowIfFailed();
        string before = Scene.State();
        ModuleSessionResult result = Scene.Run("Import-TpmMigrationPackage $several");
        Assert.Null(result.Terminating);
        Assert.Empty(result.Output);
        Assert.Equal(["Package.SignerUnknown", "KeyStore.KeyExists", "Package.PasswordNeeded"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(["Vpn", "Locked"], result.Errors.Skip(1).Select(e => e.TargetObject));
        Assert.Contains("A key named 'Vpn' is in the store already.", result.Errors[1].ToString(), StringComparison.Ordinal);
        Assert.Contains("The key 'Locked' has a password, and without it the key cannot be proven to work.", result.Errors[2].ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Scene.State());
        Scene.Run("Remove-TpmKey Vpn, Locked -Confirm:$false @other").ThrowIfFailed();
    }

    private void Forget() => Scene.Run("Get-MigrationAuthority | Unregister-MigrationAuthority").ThrowIfFailed();

    private string[] Lines(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Select(o => o.ToString())];
}

using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Packages that are signed with a certificate instead of by the machine.</summary>
public sealed class PackageSignerTests : SceneTests
{
    private const string Export = "Export-TpmMigrationPackage Vpn $here -Reason Test -Force -Path $files/signed.xml ";

    public PackageSignerTests(Scene scene) : base(scene)
    {
        if (File.Exists(At("ecdsa.pfx"))) return;
        using RSA rsa = RSA.Create(2048);
        Save("rsa", TestSigner.Make("Rsa", rsa));
        Save("old", TestSigner.Make("Old", fromDays: -60, untilDays: -1));
        Save("young", TestSigner.Make("Young", fromDays: 1));
        Save("ecdsa", TestSigner.Make("Ecdsa"));
    }

    [Theory]
    [InlineData("rsa", "CN=Rsa")]
    [InlineData("ecdsa", "CN=Ecdsa")]
    public void A_PFX_file_signs_what_other_programs_verify_and_a_machine_imports_that_trusts_it(string name, string subject)
    {
        PSObject package = Assert.Single(Scene.Run(Export + $"-Certificate $files/{name}.pfx -CertificatePassword $password").ThrowIfFailed().Output);
        Assert.Equal(subject, package.Properties["Signer"].Value);
        ToolFolder.Run(Scene.Files, "xmlsec1", "--verify", "--trusted-der", At(name + ".cer"), "signed.xml");
        File.WriteAllText(At("altered.xml"), File.ReadAllText(At("signed.xml")).Replace("purpose=\"Migrate\"", "purpose=\"Backup\"", StringComparison.Ordinal));
        Assert.Throws<ToolFailedException>(() => ToolFolder.Run(Scene.Files, "xmlsec1", "--verify", "--trusted-der", At(name + ".cer"), "altered.xml"));

        Expect.Error(Scene.ErrorOf("Import-TpmMigrationPackage $files/signed.xml -NewName Signed"), "Package.SignerUnknown", ErrorCategory.SecurityError, $"'{subject}' is not registered on this machine.", null);
        Assert.Equal("Signed", Scene.Run($$"""
            $null = Register-MigrationAuthority Admin -Certificate $files/{{name}}.cer -Role PackageSigner
            (Import-TpmMigrationPackage $files/signed.xml -NewName Signed).Name
            Remove-TpmKey Signed -Confirm:$false
            Unregister-MigrationAuthority Admin
            """).ThrowIfFailed().Output.Single().ToString());
    }

    [Fact]
    public void A_key_on_a_token_signs()
    {
        using X509Certificate2 certificate = TestSigner.Make("Token");
        using var token = new TestToken(certificate, Scene.Password);
        string address = $"'{token.Address}'";
        PSObject package = Assert.Single(Scene.Run(Export + $"-Certificate {address} -CertificatePassword $password").ThrowIfFailed().Output);
        Assert.Equal("CN=Token", package.Properties["Signer"].Value);
        ToolFolder.Run(Scene.Files, "xmlsec1", "--verify", "--trusted-der", token.Certificate, "signed.xml");
        File.Delete(At("signed.xml"));
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf(Export + $"-Certificate {address} -CertificatePassword $wrong"), "Signer.Password", ErrorCategory.AuthenticationError, "PIN", null);
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("$files/rsa.pfx -CertificatePassword $wrong", "Signer.Password", ErrorCategory.AuthenticationError, "rsa.pfx' is wrong, or the file is damaged.")]
    [InlineData("$files/rsa.pfx", "Signer.Password", ErrorCategory.AuthenticationError, "rsa.pfx' has a password. Give it with -CertificatePassword.")]
    [InlineData("$files/old.pfx -CertificatePassword $password", "Signer.Expired", ErrorCategory.SecurityError, "The certificate 'CN=Old' was valid until ")]
    [InlineData("$files/young.pfx -CertificatePassword $password", "Signer.NotYetValid", ErrorCategory.SecurityError, "The certificate 'CN=Young' is valid from ")]
    [InlineData("$files/rsa.cer", "Signer.Unreadable", ErrorCategory.InvalidData, "rsa.cer' is no PKCS #12 (PFX) file")]
    [InlineData("$files/nobody.pfx", "Signer.NotFound", ErrorCategory.ObjectNotFound, "There is no certificate file ")]
    [InlineData("7", "Signer.Address", ErrorCategory.InvalidArgument, "An object of type Int32 cannot sign.")]
    [InlineData("'pkcs11:object=a'", "Signer.Address", ErrorCategory.InvalidArgument, "module-path")]
    public void What_cannot_sign_is_an_error_and_nothing_is_exported(string certificate, string id, ErrorCategory category, string text)
    {
        File.Delete(At("signed.xml"));
        string before = Scene.State();
        ErrorRecord error = Scene.ErrorOf(Export + "-Certificate " + certificate);
        Expect.Error(error, id, category, text, null);
        Assert.Equal("Name with -Certificate what can sign, and give its password or PIN with -CertificatePassword.", error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, Scene.State());
    }

    private void Save(string name, X509Certificate2 certificate)
    {
        using (certificate)
        {
            File.WriteAllBytes(At(name + ".pfx"), certificate.Export(X509ContentType.Pfx, Scene.Password));
            File.WriteAllBytes(At(name + ".cer"), certificate.RawData);
        }
    }

    private string At(string file) => Path.Combine(Scene.Files, file);
}

using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>The whole way of a family of keys at the prompt, from one machine to another.</summary>
public sealed class EndToEndTests(Scene scene) : SceneTests(scene)
{
    [Fact]
    public void Keys_with_password_certificate_and_file_arrive_and_serve()
    {
        byte[] file = RandomNumberGenerator.GetBytes(1024 * 1024);
        File.WriteAllBytes(Path.Combine(Scene.Files, "random.bin"), file);
        Scene.Run("""
            $null = New-TpmMigratableKey Top -Role Storage
            $null = New-TpmMigratableKey Middle -Role Storage -Parent Top
            $null = New-TpmMigratableKey Leaf -Parent Middle -KeyPassword $password
            $null = Add-TpmKeyData Leaf KeyPassword -SecureValue $password
            $null = Add-TpmKeyData Leaf Data -Path $files/random.bin
            """).ThrowIfFailed();
        byte[] certificate = KeyDataTests.CertificateFor(Scene, "Leaf");
        File.WriteAllBytes(Path.Combine(Scene.Files, "leaf.der"), certificate);

        Scene.Run("""
            $null = Add-TpmKeyData Leaf CertificateChain -Path $files/leaf.der
            $approval = Approve-TpmMigration Top $there -Reason 'replace the board'
            $null = Export-TpmMigrationPackage Top $there -Approval $approval -Path $files/way.xml
            $null = Get-TpmMigrationPackage $files/way.xml | Register-MigrationAuthority -Name A -Role PackageSigner -TrustRegister $files/way/trust.xml
            $null = Import-TpmMigrationPackage $files/way.xml -KeyPassword $password -TrustRegister $files/way/trust.xml @other
            """).ThrowIfFailed();

        Assert.Equal("Leaf Middle Top", string.Join(' ', Scene.Run("(Get-TpmKey Top, Middle, Leaf @other).Name").ThrowIfFailed().Output.Select(o => o.ToString()).Order(StringComparer.Ordinal)));
        Assert.Equal(file, Bytes("Get-TpmKeyData Leaf random.bin -Content @other"));
        Assert.Equal(Bytes("Get-TpmKeyData Leaf certificate -Content"), Bytes("Get-TpmKeyData Leaf certificate -Content @other"));
        PSObject files = Assert.Single(Scene.Run("Get-TpmKeyData Leaf -AsServerFiles $files/way-tls @other").ThrowIfFailed().Output);
        using X509Certificate2 served = X509CertificateLoader.LoadCertificateFromFile((string)files.Properties["CertificatePath"].Value);
        Assert.Equal(certificate, served.RawData);
        Assert.Contains("BEGIN TSS2 PRIVATE KEY", File.ReadAllText((string)files.Properties["KeyPath"].Value), StringComparison.Ordinal);

        // With the password that came along the key leaves the other machine again, and signs here as the proof of its import.
        Scene.Run("""
            $kept = Get-TpmKeyData Leaf password -Content @other
            $global:back = Export-TpmMigrationPackage Leaf $here -Reason 'back again' -KeyPassword $kept @other
            $null = $back | Register-MigrationAuthority -Name B -Role PackageSigner -TrustRegister $files/way/trust.xml
            $null = Import-TpmMigrationPackage $back -NewName Returned -KeyPassword $kept -TrustRegister $files/way/trust.xml
            """).ThrowIfFailed();
        Assert.Equal(file, Bytes("Get-TpmKeyData Returned random.bin -Content"));
        Assert.Equal("TpmKey.KeyPassword", Scene.ErrorOf("Import-TpmMigrationPackage $back -NewName Again -KeyPassword $wrong -TrustRegister $files/way/trust.xml").FullyQualifiedErrorId.Split(',')[0]);
        Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
    }

    private byte[] Bytes(string script) => (byte[])Assert.Single(Scene.Run(script).ThrowIfFailed().Output).BaseObject;
}

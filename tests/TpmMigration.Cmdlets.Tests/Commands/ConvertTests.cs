using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>A machine that keeps packages for others wraps them anew where those who must have approved.</summary>
public sealed class ConvertTests : SceneTests
{
    private const string Convert = "Convert-TpmMigrationPackage $kept $there -Approval $word 3>$null";

    public ConvertTests(Scene scene) : base(scene)
    {
        if (File.Exists(Path.Combine(Scene.Files, "proxy.pfx"))) return;
        using X509Certificate2 proxy = TestSigner.Make("Proxy");
        File.WriteAllBytes(Path.Combine(Scene.Files, "proxy.pfx"), proxy.Export(X509ContentType.Pfx, "file"));
        File.WriteAllBytes(Path.Combine(Scene.Files, "proxy.cer"), proxy.RawData);
        Scene.Run("""
            $global:filePassword = [Security.SecureString]::new()
            'file'.ToCharArray() | ForEach-Object { $global:filePassword.AppendChar($_) }
            $null = New-TpmMigratableKey Away @other
            $global:kept = Export-TpmMigrationPackage Away $here -Reason Escrow -ReleaseAuthority $files/proxy.cer @other
            $global:closed = Export-TpmMigrationPackage Away $here -Reason Escrow @other
            $null = $kept | Register-MigrationAuthority -Name Elsewhere -Role PackageSigner
            $global:word = Approve-TpmMigration -AllKeys $there -Reason 'New board' -Certificate $files/proxy.pfx -CertificatePassword $filePassword 3>$null
            $global:elsewhere = Approve-TpmMigration -AllKeys $here -Reason 'New board' -Certificate $files/proxy.pfx -CertificatePassword $filePassword 3>$null
            $global:denied = Deny-TpmMigration -AllKeys $there -Reason 'Stolen' -Certificate $files/proxy.pfx -CertificatePassword $filePassword
            """).ThrowIfFailed();
    }

    [Theory]
    [InlineData(Convert)]
    [InlineData("$kept | Convert-TpmMigrationPackage -Destination $there -Approval $word 3>$null")]
    [InlineData("Copy-Remoted $kept | Convert-TpmMigrationPackage -Destination (Copy-Remoted $there) -Approval (Copy-Remoted $word) 3>$null")]
    public void A_package_goes_on_to_the_machine_that_was_approved(string script)
    {
        PSObject[] output = [.. Scene.Run($$"""
            $package = {{script}}
            $package.Id -eq $kept.Id
            $null = Get-TpmMigrationPackage $package.Document | Register-MigrationAuthority -Name Vault -Role PackageSigner -TrustRegister $files/convert.trust.xml -Force
            (Import-TpmMigrationPackage $package -NewName Back -TrustRegister $files/convert.trust.xml @other).Name
            Remove-TpmKey Back -Confirm:$false @other
            """).ThrowIfFailed().Output];
        Assert.Equal(["True", "Back"], output.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData("Convert-TpmMigrationPackage $kept $there 3>$null", "Approval.Missing", ErrorCategory.PermissionDenied)]
    [InlineData("Convert-TpmMigrationPackage $kept $there -Approval $elsewhere 3>$null", "Approval.Missing", ErrorCategory.PermissionDenied)]
    [InlineData("Convert-TpmMigrationPackage $closed $there -Approval $word 3>$null", "Approval.Missing", ErrorCategory.PermissionDenied)]
    [InlineData("Convert-TpmMigrationPackage $kept $there -Approval $word, $denied 3>$null", "Approval.Denied", ErrorCategory.PermissionDenied)]
    [InlineData("Convert-TpmMigrationPackage $kept $here -Approval $elsewhere 3>$null", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Convert-TpmMigrationPackage $kept $there -Approval $word -TrustRegister $files/nobody.trust.xml 3>$null", "Package.SignerUnknown", ErrorCategory.SecurityError)]
    [InlineData("Convert-TpmMigrationPackage ($kept.Document -replace 'Away', 'Awry') $there -Approval $word 3>$null", "Signature.Document", ErrorCategory.SecurityError)]
    [InlineData("Convert-TpmMigrationPackage $kept $there -Approval ($word.Document -replace 'New board', 'Old board') 3>$null", "Approval.Altered", ErrorCategory.SecurityError)]
    [InlineData("Convert-TpmMigrationPackage $kept $there -Approval $word @other 3>$null", "Package.ForAnotherMachine", ErrorCategory.InvalidOperation)]
    public void What_must_not_go_on_stays(string script, string id, ErrorCategory category)
    {
        var result = Scene.Run(script);
        Assert.Empty(result.Output);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, System.StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        string path = Path.Combine(Scene.Files, "whatif.package.xml");
        Assert.Empty(Scene.Run("Convert-TpmMigrationPackage $kept $there -Approval $word -Path $files/whatif.package.xml -WhatIf 3>$null").ThrowIfFailed().Output);
        Assert.False(File.Exists(path));
        Assert.Equal("Approval.Missing,TpmMigration.Cmdlets.ConvertTpmMigrationPackageCommand", Assert.Single(Scene.Run("Convert-TpmMigrationPackage $kept $there -WhatIf 3>$null").Errors).FullyQualifiedErrorId);
    }
}

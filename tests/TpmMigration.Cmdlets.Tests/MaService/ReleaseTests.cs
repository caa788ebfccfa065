using System.IO;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Cmdlets.Tests.Commands;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>Packages come from the Migration Authority: back to the machine they came from, and to another one that those who must have approved.</summary>
public sealed class ReleaseTests : MaSceneTests
{
    public ReleaseTests(MaScene scene) : base(scene) => Scene.Run("""
        if (-not $global:rescue) {
            $cmk = New-TpmMigratableKey Rescue -MigrationSelectionAuthority $files/board.cer
            $toVault = $cmk | Approve-TpmMigration -Destination $key @board 3>$null
            $global:rescue = Export-TpmMigrationPackage Rescue $key -Approval $toVault | Send-MaPackage
            $global:who = Connect-MaService
            $global:toNew = $cmk | Approve-TpmMigration -Destination (Get-TpmMigrationDestination @new) @board 3>$null
        }
        """).ThrowIfFailed();

    [Fact]
    public void A_lost_machines_keys_come_to_another_that_an_authority_approved()
    {
        Assert.Equal("Rescue CertifiableMigratable", Scene.Line("""
            $came = Find-MaPackage -Client $who -PackageId $rescue.PackageId -Approval $toNew @new | Get-MaPackage -Approval $toNew @new | Import-TpmMigrationPackage @new
            "$($came.Name) $($came.Kind)"
            Remove-TpmKey Rescue -Confirm:$false @new
            """));
        Assert.Equal("True", Scene.Line("(Find-MaPackage -Client (Copy-Remoted $who) -Approval (Copy-Remoted $toNew) @new).PackageId -contains $rescue.PackageId"));
        Assert.Equal("True", Scene.Line("[IO.File]::WriteAllText(\"$files/old.xml\", (Get-TpmMigrationDestination -NoCertification).Document); (Find-MaPackage -Client $files/old.xml -Approved -Approval $toNew @new).PackageId -contains $rescue.PackageId"));
        Assert.Equal("", string.Concat(Scene.Run("Find-MaPackage -Client $who -PackageId $rescue.PackageId @new; Find-MaPackage -PackageId $rescue.PackageId @new").ThrowIfFailed().Output));
    }

    [Fact]
    public void What_the_authority_has_registered_needs_no_document_of_the_caller()
    {
        Scene.Run("""
            $cmk = New-TpmMigratableKey Registered -MigrationSelectionAuthority $files/board.cer
            $toVault = $cmk | Approve-TpmMigration -Destination $key @board 3>$null
            $null = Export-TpmMigrationPackage Registered $key -Approval $toVault | Send-MaPackage
            $null = $cmk | Approve-TpmMigration -Destination (Get-TpmMigrationDestination @new) -Path $files/registered @board 3>$null
            """).ThrowIfFailed();
        Scene.Authority.Do("approval", "add", Assert.Single(Directory.GetFiles(Path.Combine(Scene.Files, "registered"))), "--reason", "of the tests");
        Assert.Equal("Registered", Scene.Line("$old = $who; $global:PSDefaultParameterValues['*-*:Tpm'], $global:PSDefaultParameterValues['*-*:Store'] = $new.Tpm, $new.Store; try { (Find-MaPackage -Client $old | Get-MaPackage | Import-TpmMigrationPackage).Name } finally { $global:PSDefaultParameterValues['*-*:Tpm'], $global:PSDefaultParameterValues['*-*:Store'] = $global:old.Tpm, $global:old.Store }"));
    }

    [Fact]
    public void What_the_operator_holds_back_stays()
    {
        Scene.Run("$global:held = Export-Key Held | Send-MaPackage").ThrowIfFailed();
        Scene.Authority.Do("package", "hold", Scene.Line("$held.PackageId"), "--client", Scene.Line("$who.Client"), "--reason", "of the tests");
        Assert.Equal("True", Scene.Line("(Find-MaPackage -PackageId $held.PackageId).Held"));
        Expect.Error(ErrorOf("Get-MaPackage $held.PackageId"), "MaService.PackageHeld", ErrorCategory.PermissionDenied, "The Migration Authority refuses.", null);
    }

    [Fact]
    public void Without_an_approval_a_package_is_not_there_for_others()
    {
        Expect.Error(ErrorOf("Get-MaPackage $rescue.PackageId -Client $who.Client @new"), "MaService.PackageNotFound", ErrorCategory.ObjectNotFound, "The Migration Authority refuses.", Scene.Line("$rescue.PackageId"));
        ModuleSessionResult result = Scene.Run("""
            $null = New-TpmMigratableKey Other -MigrationSelectionAuthority $files/board.cer
            $denied = Get-TpmKey Rescue | Deny-TpmMigration -Destination (Get-TpmMigrationDestination -NoCertification @new) @board 3>$null
            Get-MaPackage $rescue.PackageId -Client $who -Approval $toNew, $denied -Path $files/denied.xml @new
            """);
        Expect.Error(Assert.Single(result.Errors), "MaService.ReleaseDenied", ErrorCategory.PermissionDenied, "The Migration Authority refuses.", null);
        Assert.False(File.Exists(Path.Combine(Scene.Files, "denied.xml")));
    }

    [Fact]
    public void A_machine_gets_its_own_back_into_a_file_or_a_folder_or_the_pipe()
    {
        Scene.Run("$global:mine = Export-Key Mine | Send-MaPackage; Remove-TpmKey Mine -Confirm:$false").ThrowIfFailed();
        Assert.Equal("True", Scene.Line("(Find-MaPackage -PackageId $mine.PackageId).Returnable"));
        Assert.Equal("Mine Trusted", Scene.Line("$got = Get-MaPackage $mine.PackageId -Path $files; \"$($got.Keys.Name) $($got.Trust)\""));
        Assert.True(File.Exists(Path.Combine(Scene.Files, Scene.Line("$mine.PackageId") + ".package.xml")));
        Assert.Equal("Mine", Scene.Line("($mine | Get-MaPackage | Import-TpmMigrationPackage).Name"));
        Assert.Equal("Mine2", Scene.Line("(Get-MaPackage -PackageId $mine.PackageId -ToEndorsementKey | Import-TpmMigrationPackage -NewName Mine2).Name"));
        Assert.Equal("Document.Exists", ErrorIdOf("Get-MaPackage $mine.PackageId -Path $files"));
        // One file is not for two packages, whatever may be replaced.
        ModuleSessionResult twice = Scene.Run("$mine.PackageId, $mine.PackageId, [guid]::Empty | Get-MaPackage -Path $files/one.xml -Force");
        Assert.Equal(["Document.Exists", "Document.Exists"], twice.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Single(twice.Output);
    }

    [Fact]
    public void A_package_is_not_wrapped_to_a_storage_key_that_can_leave_the_machine()
    {
        Scene.Run("$null = New-TpmMigratableKey Shelf -Role Storage").ThrowIfFailed();
        Expect.Error(ErrorOf("Get-MaPackage $rescue.PackageId -Parent Shelf"), "MaService.CertificationRefused", ErrorCategory.AuthenticationError, "'Shelf' can itself be migrated", null);
        Assert.Equal("TpmKey.ParentMissing", ErrorIdOf("Connect-MaService -Parent Nothing"));
        Assert.Equal("TpmKey.NotAStorageKey", ErrorIdOf("Find-MaPackage -Parent Rescue"));
    }

    [Fact]
    public void Only_a_trusted_authority_hands_out_packages()
    {
        Expect.Error(ErrorOf("Get-MaPackage $rescue.PackageId -Client $who -Approval $toNew -Path $files/untrusted.xml -TrustRegister $files/nobody/trust.xml @new"),
            "MaService.SignerNotTrusted", ErrorCategory.SecurityError, "not trusted here as a Migration Authority", null);
        Assert.False(File.Exists(Path.Combine(Scene.Files, "untrusted.xml")));
        Assert.Equal("Package.LimitExceeded", ErrorIdOf("Get-MaPackage $rescue.PackageId -Client $who -Approval $toNew -MaximumSize 1000 @new"));
    }
}

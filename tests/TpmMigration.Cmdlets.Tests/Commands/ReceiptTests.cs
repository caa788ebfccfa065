using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Keys that move to the other machine, which gives a receipt, and leave this one by it.</summary>
public sealed class ReceiptTests : SceneTests
{
    public ReceiptTests(Scene scene) : base(scene)
    {
        if (Scene.Run("$trusting").Output is [not null]) return;
        Scene.Run("""
            $global:trusting = @{ Tpm = $other.Tpm; Store = $other.Store; TrustRegister = "$files/other-register/trust.xml" }
            $null = $foreign | Register-MigrationAuthority -Name here -Role PackageSigner -TrustRegister $trusting.TrustRegister
            function global:Move-Key($Name, $Receipt, $To = $there) {
                $package = Export-TpmMigrationPackage $Name $To -Reason Test
                $null = $package | Import-TpmMigrationPackage -ReceiptPath "$files/$Receipt" -Force @trusting
                $package
            }
            $null = 'F1', 'F2', 'F5' | New-TpmMigratableKey
            $null = New-TpmMigratableKey F3 -Role Storage
            $null = Move-Key F1, F2 f1.xml
            $null = Move-Key F2 f2.xml
            $null = Move-Key F3 f3.xml
            $null = New-TpmMigratableKey F4 -Parent F3 -MovesWithParent
            $null = Move-Key F5 f5.xml (Get-TpmMigrationDestination -NoCertification @other)
            $global:f1 = [IO.File]::ReadAllText("$files/f1.xml")
            """).ThrowIfFailed();
    }

    [Fact]
    public void A_key_leaves_by_its_receipt_and_both_machines_say_so()
    {
        string[] lines = Lines("""
            $null = New-TpmMigratableKey M1
            $null = Move-Key M1 m1.xml
            Remove-TpmKey M1 -Migrated -Receipt $files/m1.xml -Confirm:$false
            $gone = Get-TpmKey -Migrated | Where-Object Name -eq M1
            "$($gone.Name) $($gone.PackageId)"
            (Get-TpmKey M1 @other).Origin
            "$($gone.ReceiptId)"
            """);
        string package = lines[0].Split(' ')[1];
        Assert.Equal("M1 " + package, lines[0]);
        Assert.StartsWith($"Imported from package {package}, signed by ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(", receipt " + lines[2], lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("M1", Scene.Names());
        Assert.Equal(["M1"], Lines("Get-TpmKey M*, nobody -Migrated | ForEach-Object Name"));
    }

    [Fact]
    public void Keys_come_by_pipe_and_without_names_all_of_the_receipt_go()
    {
        Scene.Run("""
            $null = 'P1', 'P2' | New-TpmMigratableKey
            $null = New-TpmMigratableKey P3 -Role Storage -Persist
            $null = New-TpmMigratableKey P4 -Parent P3 -MovesWithParent
            $null = Move-Key P1, P2, P3 p.xml
            Get-TpmKey P1 | Remove-TpmKey -Migrated -Receipt ([IO.FileInfo]"$files/p.xml") -Confirm:$false
            """).ThrowIfFailed();
        Assert.Equal(["P2", "P3", "P4"], Scene.Names().Where(name => name.StartsWith('P')));
        Scene.Run("Remove-TpmKey -Migrated -Receipt ([IO.File]::ReadAllText(\"$files/p.xml\")) -Confirm:$false").ThrowIfFailed();
        Assert.DoesNotContain(Scene.Names(), name => name.StartsWith('P') || name.StartsWith("0x810001", StringComparison.Ordinal));
        Assert.Equal(["P1", "P2", "P4", "P3"], Lines("(Get-TpmKey P* -Migrated).Name"));
    }

    [Fact]
    public void WhatIf_checks_and_changes_nothing()
    {
        Scene.Run("$null = New-TpmMigratableKey W1; $global:w1 = Move-Key W1 w1.xml").ThrowIfFailed();
        string before = Scene.State(), others = Lines("(Get-TpmKey @other).Name") is var names ? string.Join(' ', names) : string.Empty;
        Scene.Run("""
            Remove-TpmKey W1 -Migrated -Receipt $files/w1.xml -WhatIf
            $w1 | Import-TpmMigrationPackage -NewName W2 -ReceiptPath $files/w2.xml -WhatIf @trusting
            """).ThrowIfFailed();
        Expect.Error(Scene.ErrorOf("Remove-TpmKey Vpn -Migrated -Receipt $files/w1.xml -WhatIf"), "Receipt.ForAnotherKey", ErrorCategory.InvalidOperation, "does not tell of the key 'Vpn', which stays.", "Vpn");
        Assert.Equal(before, Scene.State());
        Assert.Equal(others, string.Join(' ', Lines("(Get-TpmKey @other).Name")));
        Assert.False(File.Exists(Path.Combine(Scene.Files, "w2.xml")));
        Scene.Run("Remove-TpmKey W1 -Confirm:$false").ThrowIfFailed();
    }

    [Theory]
    [InlineData("Remove-TpmKey F1 -Migrated -Receipt '<a/>'", "Receipt.Malformed", ErrorCategory.InvalidData, "This is no receipt.")]
    [InlineData("Remove-TpmKey F1 -Migrated -Receipt $package", "Receipt.Malformed", ErrorCategory.InvalidData, "This is no receipt.")]
    [InlineData("Remove-TpmKey F1 -Migrated -Receipt $files/nowhere.xml", "Document.NotFound", ErrorCategory.ObjectNotFound, "There is no file")]
    [InlineData("Remove-TpmKey F1 -Migrated -Receipt ($f1 -replace ' host=\"', ' host=\"x')", "Signature.Document", ErrorCategory.SecurityError, "The document was altered after it was signed.")]
    [InlineData("Remove-TpmKey F2 -Migrated -Receipt $f1", "Receipt.ForAnotherPackage", ErrorCategory.InvalidOperation, "was last exported in the package")]
    [InlineData("Remove-TpmKey Code -Migrated -Receipt $f1", "Receipt.ForAnotherKey", ErrorCategory.InvalidOperation, "does not tell of the key 'Code', which stays.")]
    [InlineData("Remove-TpmKey Nobody -Migrated -Receipt $f1", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "There is no key named 'Nobody'")]
    [InlineData("Remove-TpmKey F3 -Migrated -Receipt $files/f3.xml", "Receipt.ChildrenLeft", ErrorCategory.InvalidOperation, "the parent of 'F4', which did not go along")]
    [InlineData("Remove-TpmKey F5 -Migrated -Receipt $files/f5.xml", "Receipt.NotTrusted", ErrorCategory.SecurityError, "is not registered on this machine.")]
    [InlineData("Remove-TpmKey F1 -Migrated:$false -Receipt $f1", "Argument.Invalid", ErrorCategory.InvalidArgument, "give -Migrated with it.")]
    [InlineData("Remove-TpmKey F1 -Migrated -Receipt $f1 @other", "Receipt.ForAnotherKey", ErrorCategory.InvalidOperation, "is the one that came with the package")]
    [InlineData("New-TpmMigratableKey F6 @other | Remove-TpmKey -Migrated -Receipt $f1 @other", "Receipt.ForAnotherKey", ErrorCategory.InvalidOperation, "does not tell of the key 'F6'")]
    [InlineData("Remove-TpmKey F1 -Migrated -Receipt $f1 -Store $files/forgetful", "Receipt.NotExported", ErrorCategory.InvalidOperation, "does not know of an export of the key 'F1'")]
    [InlineData("Import-TpmMigrationPackage $foreign -NewName F7 -ReceiptPath $files/f1.xml @trusting", "Document.Exists", ErrorCategory.ResourceExists, "exists. Choose another path, or replace it with -Force.")]
    public void One_error_and_the_key_stays(string script, string id, ErrorCategory category, string text)
    {
        Directory.CreateDirectory(Path.Combine(Scene.Files, "forgetful"));
        foreach (string file in new[] { "F1.pem", "F1.xml" }) File.Copy(Path.Combine(Scene.Store, file), Path.Combine(Scene.Files, "forgetful", file), overwrite: true);
        string[] before = Scene.Names();
        Expect.Error(Scene.ErrorOf($"$ConfirmPreference = 'None'; {script}"), id, category, text, null);
        Assert.Equal(before, Scene.Names());
        Assert.Empty(Lines("Get-TpmKey F* -Migrated | ForEach-Object Name"));
        Assert.Equal(string.Empty, Scene.Loaded().Trim());
    }

    [Fact]
    public void A_registered_destination_is_believed_without_its_attestation_key()
    {
        Scene.Run("""
            $null = New-TpmMigratableKey R1
            $null = Move-Key R1 r1.xml (Get-TpmMigrationDestination -NoCertification @other)
            $null = New-TpmMigratableKey R2 @other
            $null = Export-TpmMigrationPackage R2 $here -Reason Test @other | Register-MigrationAuthority -Name there -Role PackageSigner
            Remove-TpmKey R1 -Migrated -Receipt $files/r1.xml -Confirm:$false
            Unregister-MigrationAuthority there
            """).ThrowIfFailed();
        Assert.DoesNotContain("R1", Scene.Names());
    }

    private string[] Lines(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Select(o => o.ToString())];
}

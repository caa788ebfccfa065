using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>What authorities and makers of CMKs may give, and what is refused.</summary>
public sealed class SelectionInputTests(SelectionScene selection) : SelectionSceneTests(selection)
{
    [Theory]
    [InlineData("'../../x'")]
    [InlineData("'..'")]
    [InlineData("'/etc/x'")]
    [InlineData("'a\\b'")]
    [InlineData("'C:x'")]
    [InlineData("'CON'")]
    [InlineData("\"a`0b\"")]
    [InlineData("\"a`nb\"")]
    [InlineData("([string][char]0xD800)")]
    [InlineData("('x' * 300)")]
    public void A_name_that_no_key_can_have_names_no_file(string name)
    {
        foreach (string command in new[] { "Approve-TpmMigration", "Deny-TpmMigration" })
        {
            string before = Scene.State();
            foreach (string path in new[] { "-Path $files/named/here", string.Empty })
                Expect.Error(Scene.ErrorOf($"{command} {name} $there -TpmName $board.TpmName @why @a {path} 3>$null"), "KeyStore.InvalidName", ErrorCategory.InvalidArgument, "cannot be the name of a key", null);
            Assert.Equal(before, Scene.State());
        }
    }

    [Theory]
    [InlineData("Approve-TpmMigration Board $there -TpmName 0011 @why @a", "Argument.Invalid", ErrorCategory.InvalidArgument, "not the TPM name of a key")]
    [InlineData("Approve-TpmMigration Board $there -TpmName xyz @why @a", "Argument.Invalid", ErrorCategory.InvalidArgument, "'xyz' is not the TPM name of a key")]
    [InlineData("Deny-TpmMigration Board $there -TpmName 000b00 @why @a", "Argument.Invalid", ErrorCategory.InvalidArgument, "not the TPM name of a key")]
    [InlineData("Approve-TpmMigration Board, Council $there -TpmName $board.TpmName @why @a", "Argument.Invalid", ErrorCategory.InvalidArgument, "A TPM name is of one key")]
    [InlineData("$board | Approve-TpmMigration -Destination $there -Reason ' ' @a", "Argument.Invalid", ErrorCategory.InvalidArgument, "Give the reason")]
    [InlineData("$board | Deny-TpmMigration -Destination $there -Reason ' ' @a", "Argument.Invalid", ErrorCategory.InvalidArgument, "Give the reason")]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why @a -ValidFor 0", "Argument.Invalid", ErrorCategory.InvalidArgument, "at least one second")]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why @a -ValidFor 1:00 -NotAfter ([datetime]::UtcNow.AddDays(1))", "Argument.Invalid", ErrorCategory.InvalidArgument, "and not with both")]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why @a -NotAfter ([datetime]::UtcNow.AddDays(-1))", "Argument.Invalid", ErrorCategory.InvalidArgument, "would end before it begins")]
    [InlineData("$board | Approve-TpmMigration -Destination $package @why @a", "Destination.Malformed", ErrorCategory.InvalidData, "")]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why -Certificate $files/a.pfx", "Signer.Password", ErrorCategory.AuthenticationError, "has a password")]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why -Certificate $files/a.pfx -CertificatePassword $wrong", "Signer.Password", ErrorCategory.AuthenticationError, "is wrong")]
    [InlineData("$board | Deny-TpmMigration -Destination $there @why -Certificate $files/nobody.pfx", "Signer.NotFound", ErrorCategory.ObjectNotFound, "There is no certificate file")]
    [InlineData("New-TpmMigratableKey K -Kind CertifiableMigratable", "Argument.Invalid", ErrorCategory.InvalidArgument, "-MigrationSelectionAuthority")]
    [InlineData("New-TpmMigratableKey K -Kind Migratable -MigrationSelectionAuthority $files/a.cer", "Argument.Invalid", ErrorCategory.InvalidArgument, "-Kind CertifiableMigratable")]
    [InlineData("New-TpmMigratableKey K -Quorum 2", "Argument.Invalid", ErrorCategory.InvalidArgument, "-MigrationSelectionAuthority")]
    [InlineData("New-TpmMigratableKey K -MigrationSelectionAuthority $files/a.cer -Quorum 2", "Argument.Invalid", ErrorCategory.InvalidArgument, "1 to 1 can be asked for")]
    [InlineData("New-TpmMigratableKey K -MigrationSelectionAuthority $files/a.cer, $files/a.cer", "Argument.Invalid", ErrorCategory.InvalidArgument, "have the same key")]
    [InlineData("New-TpmMigratableKey K -MigrationSelectionAuthority $files/none.cer", "Document.NotFound", ErrorCategory.ObjectNotFound, "none.cer")]
    [InlineData("New-TpmMigratableKey K -MigrationSelectionAuthority $files/a.pfx", "Signature.Key", ErrorCategory.SecurityError, "")]
    [InlineData("New-TpmMigratableKey K -Parent Group -MovesWithParent -MigrationSelectionAuthority $files/a.cer", "Argument.Invalid", ErrorCategory.InvalidArgument, "moves with its parent")]
    [InlineData("Get-TpmMigrationApproval $package", "Approval.Malformed", ErrorCategory.InvalidData, "no approval document")]
    [InlineData("Get-TpmMigrationApproval $files/none.xml", "Document.NotFound", ErrorCategory.ObjectNotFound, "There is no file")]
    [InlineData("Test-TpmMigrationApproval $files/none.xml", "Document.NotFound", ErrorCategory.ObjectNotFound, "There is no file")]
    [InlineData("Test-TpmMigrationApproval '<a/>' -Name Nobody", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "There is no key named 'Nobody'")]
    [InlineData("Test-TpmMigrationApproval '<a/>' -Destination $package", "Destination.Malformed", ErrorCategory.InvalidData, "")]
    [InlineData("Test-TpmMigrationApproval '<a/>' -TpmName xyz", "Argument.Invalid", ErrorCategory.InvalidArgument, "not the TPM name of a key")]
    public void Wrong_input_is_told_apart_and_changes_nothing(string script, string id, ErrorCategory category, string text)
    {
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf(script), id, category, text, null);
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void Decisions_are_written_into_a_folder_and_not_over_each_other()
    {
        Scene.Run("$board, $council | Approve-TpmMigration -Destination $there @why @a -Path $files/written 3>$null; $null = $board | Deny-TpmMigration -Destination $there @why @a -Path $files/written").ThrowIfFailed();
        Assert.Equal(["Board.approval.xml", "Board.denial.xml", "Council.approval.xml"], Directory.GetFiles(Path.Combine(Scene.Files, "written")).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf("$board | Approve-TpmMigration -Destination $there @why @a -Path $files/written 3>$null"), "Document.Exists", ErrorCategory.ResourceExists, "-Force", "Board");
        Assert.Equal(before, Scene.State());
        Scene.Run("$null = $board | Approve-TpmMigration -Destination $there -Reason other @a -Path $files/written -Force 3>$null").ThrowIfFailed();
        foreach (string form in new[] { "\"$files/written/Board.approval.xml\"", "\"$files/written/Board.a*.xml\"", "([IO.FileInfo]::new(\"$files/written/Board.approval.xml\"))", "([IO.File]::ReadAllText(\"$files/written/Board.approval.xml\"))" })
        {
            Assert.Equal("other", Scene.Run($"(Get-TpmMigrationApproval {form}).Reason").ThrowIfFailed().Output.Single().ToString());
            Assert.Equal("other", Scene.Run($"(Copy-Remoted ({form} | Get-TpmMigrationApproval) | Get-TpmMigrationApproval).Reason").ThrowIfFailed().Output.Single().ToString());
        }
        Assert.Equal(3, Scene.Run("Get-TpmMigrationApproval $files/written/*.xml").ThrowIfFailed().Output.Count);
    }

    [Fact]
    public void Authorities_are_named_by_certificate_file_object_public_key_and_register()
    {
        Scene.Run("$null = Register-MigrationAuthority Board-Member -Certificate $files/a.cer -Role MigrationSelectionAuthority; $null = Register-MigrationAuthority Signer -Certificate $files/b.cer -Role PackageSigner").ThrowIfFailed();
        using (X509Certificate2 a = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(Scene.Files, "a.cer")))
        {
            File.WriteAllText(Path.Combine(Scene.Files, "a.pub"), PemEncoding.WriteString("PUBLIC KEY", a.PublicKey.ExportSubjectPublicKeyInfo()));
            File.WriteAllText(Path.Combine(Scene.Files, "a.crt"), a.ExportCertificatePem());
        }
        string certificate = "([Security.Cryptography.X509Certificates.X509Certificate2]::new(\"$files/a.cer\"))";
        foreach ((string named, string shown) in new[] { ("$files/a.cer", "CN=a"), ("$files/a.crt", "CN=a"), (certificate, "CN=a"), ($"(Copy-Remoted {certificate})", "CN=a"), ("Board-Member", "CN=a"), ("$files/a.pub", "Board-Member") })
        {
            Assert.Equal(shown, Scene.Run($"$k = New-TpmMigratableKey Named -MigrationSelectionAuthority {named}; $k.SelectionAuthorities").ThrowIfFailed().Output.Single().ToString());
            Assert.Equal("True 1", Scene.Run("$k = Get-TpmKey Named; \"$($k.SelectionAuthorityKeys[0] -eq $board.SelectionAuthorityKeys[0]) $($k.Quorum)\"; Remove-TpmKey Named -Confirm:$false").ThrowIfFailed().Output.Single().ToString());
        }
        Expect.Error(Scene.ErrorOf("New-TpmMigratableKey K -MigrationSelectionAuthority Signer"), "Argument.Invalid", ErrorCategory.InvalidArgument, "and not as MigrationSelectionAuthority", "K");
        // Where the register cannot be read, the inventory goes on.
        Scene.Run("$null = New-TpmMigratableKey Bare -MigrationSelectionAuthority $files/a.pub").ThrowIfFailed();
        Assert.Equal("Board-Member", Scene.Run("(Get-TpmKey Bare).SelectionAuthorities").ThrowIfFailed().Output.Single().ToString());
        Assert.Equal("True", Scene.Run("$k = Get-TpmKey Bare -TrustRegister $files/none/trust.xml; $k.SelectionAuthorities[0] -eq $board.SelectionAuthorityKeys[0]").ThrowIfFailed().Output.Single().ToString());
        Scene.Run("Unregister-MigrationAuthority Board-Member -Confirm:$false; Unregister-MigrationAuthority Signer -Confirm:$false; Remove-TpmKey Bare -Confirm:$false").ThrowIfFailed();
    }
}

using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Keys from files of other programs, and files for them.</summary>
public sealed class KeyFileTests : SceneTests
{
    public KeyFileTests(Scene scene) : base(scene)
    {
        if (File.Exists(Path.Combine(Scene.Files, "key.pfx"))) return;
        OpenSsl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-subj", "/CN=vpn", "-out", "key.crt");
        OpenSsl("pkcs12", "-export", "-inkey", "key.pem", "-in", "key.crt", "-passout", "pass:" + Scene.Password, "-out", "key.pfx");
    }

    [Fact]
    public void A_key_from_a_PFX_becomes_a_migratable_key()
    {
        PSObject key = Assert.Single(Scene.Run("New-TpmMigratableKey FromPfx -FromFile $files/key.pfx -FilePassword $password -Description 'from the old server'").ThrowIfFailed().Output);
        Assert.Equal("Migratable", key.Properties["Kind"].Value.ToString());
        Assert.Equal("RSA 2048", key.Properties["Algorithm"].Value);
        Assert.Equal("from the old server", key.Properties["Description"].Value);
        Assert.Equal("Brought from a file", key.Properties["Origin"].Value);
        Scene.Run("Remove-TpmKey FromPfx -Confirm:$false").ThrowIfFailed();
    }

    [Theory]
    [InlineData("key.pfx")]
    [InlineData("both.pem")]
    public void The_certificates_of_a_file_are_kept_with_its_key_and_migrate_with_it(string file)
    {
        File.WriteAllText(Path.Combine(Scene.Files, "both.pem"), File.ReadAllText(Path.Combine(Scene.Files, "key.pem")) + File.ReadAllText(Path.Combine(Scene.Files, "key.crt")));
        string[] told = [.. Scene.Run("""
            param($File)
            $null = New-TpmMigratableKey Kept -FromFile $files/$File -FilePassword $password
            Get-TpmKeyData Kept | ForEach-Object { "$($_.DataName) $($_.Type)" }
            $null = Export-TpmMigrationPackage Kept $here -Reason Test | Import-TpmMigrationPackage -NewName Moved
            [Text.Encoding]::ASCII.GetString((Get-TpmKeyData Moved certificate -Content))
            Remove-TpmKey Kept, Moved -Confirm:$false
            """, new { File = file }).ThrowIfFailed().Output.Select(o => o.ToString())];
        Assert.Equal(["certificate CertificateChain", File.ReadAllText(Path.Combine(Scene.Files, "key.crt"))], told);
    }

    [Fact]
    public void Files_come_in_by_the_pipe_by_their_properties()
    {
        string[] names = [.. Scene.Run("""
            [pscustomobject]@{ Name = 'File1'; FromFile = "$files/key.pem" }, [pscustomobject]@{ Name = 'File2'; FromFile = "$files/key.pem"; Role = 'Decrypt' } | New-TpmMigratableKey
            Get-TpmKey File? | Remove-TpmKey -Confirm:$false
            """).ThrowIfFailed().Output.Select(key => $"{key.Properties["Name"].Value} {key.Properties["Role"].Value}")];
        Assert.Equal(["File1 Sign", "File2 Decrypt"], names);
    }

    [Theory]
    [InlineData("New-TpmMigratableKey G1 -FromFile $files/key.pem")]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Reason Test -Format Tpm2Tools -Path $files/planned")]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Reason Test -Format ImportableKeyFile -Path $files/planned.pem")]
    [InlineData("Import-TpmMigrationPackage ([pscustomobject]@{ Document = $importable }) -Name G1")]
    public void WhatIf_changes_nothing(string script)
    {
        Scene.Run("$global:importable = (Export-TpmMigrationPackage Vpn $here -Reason Test -Format ImportableKeyFile).Document").ThrowIfFailed();
        string before = Scene.State();
        Assert.Empty(Scene.Run(script + " -WhatIf").ThrowIfFailed().Output);
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("Tpm2Tools", "one", "one.dup")]
    [InlineData("Tpm2Tools", "two.dup", "two.dup")]
    [InlineData("ImportableKeyFile", "three.pem", "three.pem")]
    public void What_was_exported_in_a_form_of_other_programs_comes_in_again_by_path_and_by_pipe(string format, string path, string written)
    {
        string[] names = [.. Scene.Run("""
            param($Format, $Path, $Written)
            Export-TpmMigrationPackage Vpn $here -Reason Test -Format $Format -Path "$files/$Path" | Import-TpmMigrationPackage -Name Piped
            Import-TpmMigrationPackage "$files/$Written" -Name Named
            Import-TpmMigrationPackage -Path "$files/$Written"
            Get-TpmKey Piped, Named, ([IO.Path]::GetFileNameWithoutExtension($Written)) | Remove-TpmKey -Confirm:$false
            """, new { Format = format, Path = path, Written = written }).ThrowIfFailed().Output.Select(key => (string)key.Properties["Name"].Value)];
        Assert.Equal(["Piped", "Named", Path.GetFileNameWithoutExtension(written)], names);
    }

    [Fact]
    public void An_importable_key_file_comes_in_as_text()
    {
        PSObject key = Assert.Single(Scene.Run("""
            Import-TpmMigrationPackage (Export-TpmMigrationPackage Vpn $here -Reason Test -Format ImportableKeyFile).Document -Name Text
            Remove-TpmKey Text -Confirm:$false
            """).ThrowIfFailed().Output);
        Assert.Equal("Migratable", key.Properties["Kind"].Value.ToString());
    }

    [Theory]
    [InlineData("New-TpmMigratableKey G1 -FromFile /nowhere/key.pfx", "KeySource.NotReadable", ErrorCategory.ReadError)]
    [InlineData("New-TpmMigratableKey G1 -FromFile $files/key.pfx", "KeySource.PasswordNeeded", ErrorCategory.AuthenticationError)]
    [InlineData("New-TpmMigratableKey G1 -FromFile $files/key.pfx -FilePassword $wrong", "KeySource.WrongPassword", ErrorCategory.AuthenticationError)]
    [InlineData("New-TpmMigratableKey G1 -FromFile $files/key.crt", "KeySource.NoPrivateKey", ErrorCategory.InvalidData)]
    [InlineData("New-TpmMigratableKey G1 -FromFile $files/key.pem -Role Storage", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("New-TpmMigratableKey Vpn -FromFile $files/key.pem", "KeyStore.KeyExists", ErrorCategory.ResourceExists)]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Reason Test -Format Tpm2Tools", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("'Vpn', 'Group' | Export-TpmMigrationPackage -Destination $there -Reason Test -Format ImportableKeyFile", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Export-TpmMigrationPackage Group $there -Reason Test -Format ImportableKeyFile", "TpmKey.HasChildren", ErrorCategory.InvalidOperation)]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Format ImportableKeyFile", "Approval.Missing", ErrorCategory.PermissionDenied)]
    [InlineData("[IO.File]::WriteAllText(\"$files/taken.seed\", 'x'); Export-TpmMigrationPackage Vpn $there -Reason Test -Format Tpm2Tools -Path $files/taken", "Document.Exists", ErrorCategory.ResourceExists)]
    [InlineData("Import-TpmMigrationPackage (Export-TpmMigrationPackage Vpn $here -Reason Test -Format ImportableKeyFile)", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Import-TpmMigrationPackage $package -Name G1", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Import-TpmMigrationPackage (Export-TpmMigrationPackage Vpn $there -Reason Test -Format ImportableKeyFile) -Name G1", "Package.Altered", ErrorCategory.SecurityError)]
    [InlineData("Import-TpmMigrationPackage $files/nothing.dup", "Document.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("'.dup', '.pub', '.seed' | ForEach-Object { [IO.File]::WriteAllText(\"$files/bad$_\", 'x') }; Import-TpmMigrationPackage $files/bad.dup", "TpmKeyFile.SizeMismatch", ErrorCategory.InvalidData)]
    [InlineData("Import-TpmMigrationPackage (Get-TpmKey Vpn).Path -Name G1", "TpmKeyFile.UnknownKind", ErrorCategory.InvalidData)]
    public void One_error_with_a_stable_id(string script, string id, ErrorCategory category)
    {
        string[] names = Scene.Names();
        ErrorRecord error = Scene.ErrorOf(script);
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction));
        Assert.DoesNotContain(Scene.Password, error.Exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(names, Scene.Names());
    }

    private void OpenSsl(params string[] arguments) => ToolFolder.Run(Scene.Files, "openssl", arguments);
}

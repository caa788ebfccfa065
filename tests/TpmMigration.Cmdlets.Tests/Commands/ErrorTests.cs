using System;
using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>The errors that scripts may rely on: their ids and categories, and that they tell what to do.</summary>
public sealed class ErrorTests(Scene scene) : SceneTests(scene)
{
    [Theory]
    [InlineData("Get-TpmKey -Tpm nonsense:x", "Tpm.ConnectionString", ErrorCategory.InvalidArgument)]
    [InlineData("Get-TpmKey -Tpm device:/dev/no-tpm", "Tpm.NotFound", ErrorCategory.ResourceUnavailable)]
    [InlineData("'A', 'B' | New-TpmMigratableKey -Tpm 'swtpm:host=127.0.0.1,port=1'", "Tpm.NotFound", ErrorCategory.ResourceUnavailable)]
    [InlineData("Export-TpmMigrationPackage Code $there -Reason Test -KeyPassword $wrong", "TpmKey.KeyPassword", ErrorCategory.AuthenticationError)]
    public void What_no_input_can_cure_ends_the_pipeline(string script, string id, ErrorCategory category)
    {
        ModuleSessionResult result = Scene.Run($"try {{ {script} }} catch {{ throw }}");
        Assert.Empty(result.Errors);
        Check(result.Terminating, id, category);
        Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
    }

    [Theory]
    [InlineData("New-TpmMigratableKey Vpn", "KeyStore.KeyExists", ErrorCategory.ResourceExists)]
    [InlineData("New-TpmMigratableKey '../x'", "KeyStore.InvalidName", ErrorCategory.InvalidArgument)]
    [InlineData("New-TpmMigratableKey G1 -MovesWithParent", "TpmKey.NotMigratable", ErrorCategory.InvalidOperation)]
    [InlineData("New-TpmMigratableKey G1 -Parent Vpn", "TpmKey.NotAStorageKey", ErrorCategory.InvalidOperation)]
    [InlineData("New-TpmMigratableKey G1 -Persist", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Remove-TpmKey Group -Confirm:$false", "TpmKey.HasChildren", ErrorCategory.InvalidOperation)]
    [InlineData("Remove-TpmKey 0x81000777 -Confirm:$false", "TpmKey.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-TpmKey -Path /nowhere/x.pem", "File.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Approve-TpmMigration platform-ak $there -Reason Test", "TpmKey.NotMigratable", ErrorCategory.InvalidOperation)]
    [InlineData("Approve-TpmMigration Vpn /nowhere/d.xml -Reason Test", "Document.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Approve-TpmMigration Vpn '<x/>' -Reason Test", "Destination.Malformed", ErrorCategory.InvalidData)]
    [InlineData("Approve-TpmMigration Vpn $there -Reason ' '", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Export-TpmMigrationPackage Vpn $there", "Approval.Missing", ErrorCategory.PermissionDenied)]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Approval (Approve-TpmMigration Group $there -Reason Test)", "Approval.ForAnotherKey", ErrorCategory.SecurityError)]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Approval (Approve-TpmMigration Vpn $here -Reason Test)", "Approval.ForAnotherDestination", ErrorCategory.SecurityError)]
    [InlineData("Export-TpmMigrationPackage platform-ak $there -Reason Test", "TpmKey.NotMigratable", ErrorCategory.InvalidOperation)]
    [InlineData("Export-TpmMigrationPackage Nope $there -Reason Test", "TpmKey.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Set-Content $files/old.xml x; Export-TpmMigrationPackage Vpn $there -Reason Test -Path $files/old.xml", "Document.Exists", ErrorCategory.ResourceExists)]
    [InlineData("Get-TpmMigrationPackage /nowhere/p.xml", "Document.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Get-TpmMigrationPackage $package.Document.Substring(0, 500)", "Package.NotXml", ErrorCategory.InvalidData)]
    [InlineData("Import-TpmMigrationPackage ([regex]::Replace($package.Document, '(?<= name=\"000b).', { if ($args[0].Value -eq '0') { '1' } else { '0' } })) -NewName G1", "Signature.Document", ErrorCategory.SecurityError)]
    [InlineData("Import-TpmMigrationPackage '<x/>'", "Package.Malformed", ErrorCategory.InvalidData)]
    [InlineData("Import-TpmMigrationPackage $foreign -NewName G1", "Package.ForAnotherMachine", ErrorCategory.InvalidOperation)]
    [InlineData("Import-TpmMigrationPackage $package", "KeyStore.KeyExists", ErrorCategory.ResourceExists)]
    [InlineData("Import-TpmMigrationPackage (Export-TpmMigrationPackage Code $here -Reason Test -KeyPassword $password) -NewName G1", "Package.PasswordNeeded", ErrorCategory.AuthenticationError)]
    [InlineData("Import-TpmMigrationPackage (Export-TpmMigrationPackage Group $here -Reason Test) -NewName G1", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    public void One_error_with_a_stable_id(string script, string id, ErrorCategory category)
    {
        string[] names = Scene.Names();
        ModuleSessionResult result = Scene.Run(script.Replace("Set-Content $files/old.xml x", "[IO.File]::WriteAllText(\"$files/old.xml\", 'x')", StringComparison.Ordinal));
        Check(result.Terminating ?? Assert.Single(result.Errors), id, category);
        Assert.Empty(result.Output);
        Assert.Equal(names, Scene.Names());
    }

    [Fact]
    public void A_wrong_password_of_the_owner_is_told_apart_from_the_keys()
    {
        Scene.Tpm.Tool("tpm2_changeauth", "-c", "owner", "owner-secret");
        try
        {
            Check(Scene.ErrorOf("Approve-TpmMigration Vpn $there -Reason Test -OwnerPassword $wrong"), "Tpm.OwnerPassword", ErrorCategory.AuthenticationError);
        }
        finally
        {
            Scene.Tpm.Tool("tpm2_changeauth", "-c", "owner", "-p", "owner-secret");
        }
    }

    private static void Check(ErrorRecord? error, string id, ErrorCategory category)
    {
        Assert.NotNull(error);
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction));
    }
}

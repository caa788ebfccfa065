using System;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>What can be piped into each command: names, objects, and objects that came from another machine.</summary>
public sealed class PipelineTests(Scene scene) : SceneTests(scene)
{
    [Theory]
    [InlineData("Get-TpmKey -Name Vpn", "Vpn")]
    [InlineData("'Vpn' | Get-TpmKey", "Vpn")]
    [InlineData("Get-TpmKey Vpn | Get-TpmKey", "Vpn")]
    [InlineData("Copy-Remoted (Get-TpmKey Vpn) | Get-TpmKey", "Vpn")]
    [InlineData("Get-TpmKey -Kind MovesWithParent", "Mail")]
    [InlineData("Get-TpmKey -Path (Get-TpmKey Vpn).Path", "Vpn")]
    [InlineData("(New-TpmMigratableKey -Name A1).Name; Remove-TpmKey A1 -Confirm:$false", "A1")]
    [InlineData("('A2' | New-TpmMigratableKey).Name; 'A2' | Remove-TpmKey -Confirm:$false", "A2")]
    [InlineData("$new = [pscustomobject]@{ Name = 'A3'; Role = 'Decrypt'; Algorithm = 'EccP384'; Parent = 'Group' } | New-TpmMigratableKey; \"$($new.Role) $($new.Algorithm) $($new.Parent)\"; Get-TpmKey A3 | Remove-TpmKey -Confirm:$false", "Decrypt ECC P-384 Group")]
    [InlineData("(Copy-Remoted ([pscustomobject]@{ Name = 'A4' }) | New-TpmMigratableKey).Name; Copy-Remoted (Get-TpmKey A4) | Remove-TpmKey -Confirm:$false", "A4")]
    [InlineData("(Get-TpmMigrationDestination -Name Group).ParentName -eq (Get-TpmKey Group).TpmName", "True")]
    [InlineData("(Get-TpmKey Group | Get-TpmMigrationDestination).ParentName -eq (Get-TpmKey Group).TpmName", "True")]
    [InlineData("(Copy-Remoted (Get-TpmKey Group) | Get-TpmMigrationDestination).ParentName -eq (Get-TpmKey Group).TpmName", "True")]
    [InlineData("(Approve-TpmMigration -Name Vpn -Destination $here -Reason Test).KeyName", "Vpn")]
    [InlineData("(Get-TpmKey Vpn | Approve-TpmMigration -Destination (Copy-Remoted $there) -Reason Test).KeyName", "Vpn")]
    [InlineData("(Copy-Remoted (Get-TpmKey Vpn) | Approve-TpmMigration -Destination $there.Document -Reason Test).KeyName", "Vpn")]
    [InlineData("(Export-TpmMigrationPackage -Name Group -Destination $there -Reason Test).Keys.Name", "Group,Mail")]
    [InlineData("(Get-TpmKey Vpn | Export-TpmMigrationPackage -Destination $there -Approval (Approve-TpmMigration Vpn $there -Reason Test)).Keys.Name", "Vpn")]
    [InlineData("(Copy-Remoted (Get-TpmKey Vpn) | Export-TpmMigrationPackage -Destination (Copy-Remoted $there) -Approval (Copy-Remoted (Approve-TpmMigration Vpn $there -Reason Test))).Keys.Name", "Vpn")]
    [InlineData("($package | Get-TpmMigrationPackage).Keys.Name", "Vpn")]
    [InlineData("(Get-TpmMigrationPackage -Package (Copy-Remoted $package)).Keys.Name", "Vpn")]
    [InlineData("(Get-TpmMigrationPackage $package.Document).Keys.Name", "Vpn")]
    [InlineData("(Import-TpmMigrationPackage -Package $package -NewName B1).Name; Remove-TpmKey B1 -Confirm:$false", "B1")]
    [InlineData("($package | Import-TpmMigrationPackage -NewName @{ Vpn = 'B2' }).Name; Remove-TpmKey B2 -Confirm:$false", "B2")]
    [InlineData("(Copy-Remoted $package | Import-TpmMigrationPackage -NewName B3).Name; Remove-TpmKey B3 -Confirm:$false", "B3")]
    public void Takes_its_input(string script, string expected)
    {
        ModuleSessionResult result = Scene.Run(script).ThrowIfFailed();
        Assert.Equal(expected, string.Join(',', result.Output.Select(o => o.BaseObject is string or bool ? o.ToString() : (string)o.Properties["Name"].Value)));
    }

    [Fact]
    public void Many_documents_of_one_folder_are_found_by_any_path_that_PowerShell_knows()
    {
        ModuleSessionResult result = Scene.Run("""
            $file = (Approve-TpmMigration Vpn $there -Reason Test -Path $files/paths).Path
            $name = [IO.Path]::GetFileName($file)
            $before = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.Path
            $null = $ExecutionContext.SessionState.Path.SetLocation("$files/paths")
            $forms = $file, "./$name", ".\$name", $name, "../paths/$name", "$files/paths/../paths/$name", "Microsoft.PowerShell.Core\FileSystem::$file", "$files\paths\$name"
            $forms | ForEach-Object { (Get-TpmMigrationApproval $_).KeyName }
            (Export-TpmMigrationPackage Vpn $there -Approval $forms).KeyCount
            $null = $ExecutionContext.SessionState.Path.SetLocation($before)
            """).ThrowIfFailed();
        Assert.Equal([.. Enumerable.Repeat("Vpn", 8), "1"], result.Output.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData("'C1', 'C2', 'Vpn', 'C3', 'C4' | New-TpmMigratableKey", "KeyStore.KeyExists", ErrorCategory.ResourceExists, "Vpn", 4)]
    [InlineData("'Vpn', 'Code', 'Nope', 'Group', 'Mail' | Get-TpmKey", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "Nope", 4)]
    [InlineData("Get-TpmKey Vpn, Code, Nope, Group, Mail", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "Nope", 4)]
    [InlineData("$null, $null, 'Nope', $null, $null | ForEach-Object { [pscustomobject]@{ Name = $_ } } | Get-TpmMigrationDestination", "TpmKey.ParentMissing", ErrorCategory.ObjectNotFound, "Nope", 4)]
    [InlineData("'Vpn', 'Vpn', 'Mail', 'Group', 'Vpn' | Approve-TpmMigration -Destination $there -Reason Test", "TpmKey.MovesWithParent", ErrorCategory.InvalidOperation, "Mail", 4)]
    [InlineData("'D1', 'D2', 'D3' | New-TpmMigratableKey | Out-Null; ('D1', 'D2', 'platform-ak', 'D3', 'Vpn' | Export-TpmMigrationPackage -Destination $there -Reason Test).Keys", "TpmKey.NotMigratable", ErrorCategory.InvalidOperation, "platform-ak", 4)]
    [InlineData("$package, $package, '/nowhere/x.xml', $foreign, $package | Get-TpmMigrationPackage", "Document.NotFound", ErrorCategory.ObjectNotFound, "/nowhere/x.xml", 4)]
    [InlineData("$package, $package, '<x/>', $package, $package | Import-TpmMigrationPackage -NewName E1 -Force", "Package.Malformed", ErrorCategory.InvalidData, "<x/>", 4)]
    [InlineData("'F1', 'F2', 'F3', 'F4' | New-TpmMigratableKey | Out-Null; 'F1', 'F2', 'Nope', 'F3', 'F4' | Remove-TpmKey -Confirm:$false; Get-TpmKey F[1-4]", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "Nope", 0)]
    public void One_wrong_input_of_five_is_one_error_and_the_others_go_on(string script, string id, ErrorCategory category, string target, int results)
    {
        ModuleSessionResult result = Scene.Run(script);
        Assert.Null(result.Terminating);
        Assert.Equal(results, result.Output.Count);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.Equal(target, error.TargetObject?.ToString());
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction));
    }

    [Theory]
    [InlineData("New-TpmMigratableKey Another -WhatIf")]
    [InlineData("New-TpmMigratableKey Another -Role Storage -Persist -WhatIf")]
    [InlineData("Remove-TpmKey Vpn -WhatIf")]
    [InlineData("Remove-TpmKey Group -Force -WhatIf")]
    [InlineData("Get-TpmKey | Remove-TpmKey -Force -WhatIf")]
    [InlineData("Get-TpmMigrationDestination -Path $files/d.xml -WhatIf")]
    [InlineData("Approve-TpmMigration Vpn $there -Reason Test -Path $files/approvals -WhatIf")]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Reason Test -Path $files/p.xml -WhatIf")]
    [InlineData("Import-TpmMigrationPackage $package -NewName Another -WhatIf")]
    [InlineData("Import-TpmMigrationPackage $package -Force -WhatIf")]
    public void WhatIf_changes_no_byte_and_no_handle(string script)
    {
        string before = Scene.State();
        Scene.Run(script).ThrowIfFailed();
        Assert.Equal(before, Scene.State());
        Scene.Run(script.Replace("-WhatIf", "-Confirm:$false -WhatIf", StringComparison.Ordinal)).ThrowIfFailed();
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("Get-TpmKey V")]
    [InlineData("Remove-TpmKey -Name V")]
    [InlineData("Approve-TpmMigration v")]
    [InlineData("Export-TpmMigrationPackage -Name V")]
    public void Names_of_keys_are_completed(string line)
    {
        ModuleSessionResult result = Scene.Run(
            "param($Line, $Store) $Line += \" -Store $Store\"; (TabExpansion2 $Line $Line.IndexOf(' -Store')).CompletionMatches.CompletionText", new { Line = line, Scene.Store });
        Assert.Equal(["Vpn"], result.ThrowIfFailed().Output.Select(o => o.ToString()));
    }
}

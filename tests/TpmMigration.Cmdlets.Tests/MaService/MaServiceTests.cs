using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Cmdlets.Tests.Commands;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>The commands with a Migration Authority: what people write works, at the prompt and through remoting.</summary>
public sealed class MaServiceTests(MaScene scene) : MaSceneTests(scene)
{
    [Fact]
    public void The_key_of_a_registered_authority_is_trusted_and_can_be_kept_in_a_file()
    {
        ModuleSessionResult result = Scene.Run("Get-MaKey -Path $files/ma.key.xml").ThrowIfFailed();
        Assert.Empty(result.Warnings);
        PSObject key = Assert.Single(result.Output);
        Assert.Equal(("Example MA", "Trusted"), ((string)key.Properties["Name"].Value, key.Properties["Trust"].Value.ToString()));
        Assert.Equal(File.ReadAllText(Path.Combine(Scene.Files, "ma.key.xml")), key.Properties["Document"].Value);
        Assert.Contains((string)key.Properties["SignerFingerprint"].Value, Convert.ToHexStringLower(SHA256.HashData(X509Certificate2.CreateFromPem(File.ReadAllText(Scene.Authority["signing.crt"])).RawData)), StringComparison.Ordinal);
        Assert.Equal("Document.Exists", ErrorIdOf("Get-MaKey -Path $files/ma.key.xml"));
        Assert.Contains(Scene.Run("Get-MaKey -TrustRegister $files/none/trust.xml").ThrowIfFailed().Warnings, w => w.Contains("compare it with what 'tpm-ma init' printed", StringComparison.Ordinal));
        // As a file it is a destination like any other, of which the signer is told where he is not known.
        ModuleSessionResult approved = Scene.Run("$null = New-TpmMigratableKey FileKey; (Approve-TpmMigration FileKey $files/ma.key.xml -Reason Test).DestinationHost").ThrowIfFailed();
        Assert.Equal("Example MA", Assert.Single(approved.Output).ToString());
        Assert.Contains(approved.Warnings, w => w.Contains("calls itself a Migration Authority", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_proves_itself_once_and_is_known_by_its_endorsement_key()
    {
        Scene.Between.Forget();
        PSObject connection = Assert.Single(Scene.Run("Connect-MaService -Path $files/identity.pem @new").ThrowIfFailed().Output);
        Scene.Run("$null = Find-MaPackage @new; $null = Find-MaPackage @new").ThrowIfFailed();
        Assert.Equal(["Authenticate", "CompleteAuthentication", "Query", "Query"], Scene.Between.Operations);

        string client = Scene.Line("(Get-TpmMigrationDestination -EndorsementKey @new).ParentName");
        Assert.Equal(client, connection.Properties["Client"].Value);
        Assert.Equal(Scene.Line("(Get-TpmMigrationDestination -NoCertification @new).ParentName"), connection.Properties["ParentName"].Value);
        Assert.Contains(client, Scene.Authority.Do("audit", "show"), StringComparison.Ordinal);
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(Path.Combine(Scene.Files, "identity.pem"));
        Assert.Equal(certificates[0].Subject, connection.Properties["Identity"].Value);
        Assert.True(certificates.Count >= 2);
        Assert.DoesNotContain(connection.Properties, property => property.Name.Contains("Token", StringComparison.Ordinal));
    }

    [Fact]
    public void A_token_that_is_over_is_renewed_by_itself()
    {
        Scene.Run("$null = Connect-MaService").ThrowIfFailed();
        int times = 0;
        Scene.Between.Speak = request => request.Operation == "Query" && times++ == 0 ? Answer.Fault("TokenExpired") : Scene.Between.Forward(request);
        Scene.Between.Forget();
        Scene.Run("$null = Find-MaPackage").ThrowIfFailed();
        Assert.Equal(["Query", "Authenticate", "CompleteAuthentication", "Query"], Scene.Between.Operations);
        Scene.Between.Speak = request => request.Operation == "Query" ? Answer.Fault("TokenInvalid") : Scene.Between.Forward(request);
        Assert.Equal("MaService.TokenInvalid", ErrorIdOf("Find-MaPackage"));
    }

    [Fact]
    public void Keys_go_to_the_vault_as_people_write_it_and_again_without_harm()
    {
        Assert.Equal("Vault1|False|True", Scene.Line("""
            $null = New-TpmMigratableKey Vault1
            $approval = Approve-TpmMigration Vault1 $key -Reason Test -WarningAction SilentlyContinue
            $package = Get-TpmKey Vault1 | Export-TpmMigrationPackage -Destination (Get-MaKey) -Approval $approval -Path $files/vault1.xml
            $global:first1 = $package | Send-MaPackage
            $second = Send-MaPackage $files/vault1.xml
            "$($package.Keys.Name)|$($first1.AlreadyStored)|$($second.AlreadyStored -and $first1.PackageId -eq $package.Id -and $first1.Digest -eq $second.Digest)"
            """));
        Assert.True(File.Exists(Path.Combine(Scene.Files, "vault1.xml")));
        string digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Scene.Files, "vault1.xml"))));
        Assert.Equal($"{digest} 1", Scene.Line("Find-MaPackage -PackageId $first1.PackageId | ForEach-Object { \"$($_.Digest) $($_.KeyCount)\" }"));
    }

    [Theory]
    [InlineData("Send-MaPackage -Package $sent")]
    [InlineData("$sent | Send-MaPackage")]
    [InlineData("Copy-Remoted $sent | Send-MaPackage")]
    [InlineData("Send-MaPackage $sent.Document")]
    [InlineData("[IO.File]::WriteAllText(\"$files/sent.xml\", $sent.Document); Send-MaPackage $files/s*nt.xml")]
    [InlineData("[IO.File]::WriteAllText(\"$files/sent.xml\", $sent.Document); [IO.FileInfo]\"$files/sent.xml\" | Send-MaPackage")]
    public void Packages_are_taken_in_each_form(string script)
    {
        Scene.Run("if (-not $global:sent) { $global:sent = Export-Key Sent }").ThrowIfFailed();
        Assert.Equal("True", Scene.Line($"$({script}).PackageId -eq $sent.Id"));
    }

    [Fact]
    public void One_wrong_package_of_five_is_one_error_and_the_others_are_sent()
    {
        ModuleSessionResult result = Scene.Run("""
            $null = 'Five1', 'Five2', 'Five3', 'Five4' | New-TpmMigratableKey
            $good = 'Five1', 'Five2', 'Five3' | ForEach-Object { Export-TpmMigrationPackage $_ $key -Reason Test }
            $elsewhere = Export-TpmMigrationPackage Five4 (Get-TpmMigrationDestination -NoCertification) -Reason Test
            $good[0], $good[1], $elsewhere, $good[2], $good[0] | Send-MaPackage
            """);
        Assert.Null(result.Terminating);
        Assert.Equal(4, result.Output.Count);
        Expect.Error(Assert.Single(result.Errors), "MaService.PackageNotForThisAuthority", ErrorCategory.InvalidOperation, "The Migration Authority refuses.", null);
        Assert.Equal("Document.NotFound", ErrorIdOf("Send-MaPackage /nowhere/p.xml"));
        Assert.Equal("Package.NotXml", ErrorIdOf("Send-MaPackage '<x'"));
    }

    [Fact]
    public void An_administrator_sends_what_a_machine_exported_and_it_is_that_machines()
    {
        Assert.Equal("True True", Scene.Line("""
            $who = Connect-MaService @new
            $upload = Copy-Remoted (Export-Key Fleet $key $new) | Send-MaPackage
            $found = Find-MaPackage -PackageId $upload.PackageId @new
            "$($found.Client -eq $who.Client) $($null -eq (Find-MaPackage -PackageId $upload.PackageId))"
            """));
    }

    [Fact]
    public void Packages_are_found_page_by_page()
    {
        Scene.Run("$null = 'Page1', 'Page2' | ForEach-Object { Export-Key $_ | Send-MaPackage }").ThrowIfFailed();
        string[] all = Ids("(Find-MaPackage).PackageId");
        // The page of one entry that the service is asked for instead shows that the next ones are asked for too.
        Scene.Between.Speak = request => Scene.Between.Forward(request.Operation == "Query" ? request with { Content = WithMost(request.Content) } : request);
        Assert.Equal(all, Ids("(Find-MaPackage).PackageId"));
        Assert.True(all.Length >= 2);
    }

    [Fact]
    public void A_removed_package_is_gone_and_asked_for_before()
    {
        Scene.Run("$global:gone = Export-Key Gone | Send-MaPackage").ThrowIfFailed();
        Scene.Between.Forget();
        Scene.Run("Find-MaPackage -PackageId $gone.PackageId | Remove-MaPackage -WhatIf").ThrowIfFailed();
        Assert.DoesNotContain("Delete", Scene.Between.Operations);
        Assert.Equal("0", Scene.Line("Find-MaPackage -PackageId $gone.PackageId | Remove-MaPackage -Confirm:$false; @(Find-MaPackage -PackageId $gone.PackageId).Count"));
        Scene.Run("Remove-MaPackage $gone.PackageId -Confirm:$false").ThrowIfFailed();
        Expect.Error(ErrorOf("Remove-MaPackage ([guid]::NewGuid()) -Confirm:$false"), "MaService.PackageNotFound", ErrorCategory.ObjectNotFound, "The Migration Authority refuses.", null);
        Expect.Error(ErrorOf("Remove-MaPackage $gone.PackageId -Client ('000b' + '00' * 32) -Confirm:$false"), "Argument.Invalid", ErrorCategory.InvalidArgument, "came from another machine", null);
    }

    [Fact]
    public void WhatIf_asks_the_service_for_nothing()
    {
        Scene.Run("$global:planned = Export-Key Planned").ThrowIfFailed();
        Scene.Between.Forget();
        Scene.Run("""
            Connect-MaService -Path $files/planned.pem -WhatIf
            $planned | Send-MaPackage -WhatIf
            Get-MaPackage $planned.Id -Path $files -WhatIf
            Remove-MaPackage $planned.Id -WhatIf
            """).ThrowIfFailed();
        Assert.Empty(Scene.Between.Operations);
        Assert.False(File.Exists(Path.Combine(Scene.Files, "planned.pem")));
        Scene.Run("Get-MaKey -Path $files/planned.xml -WhatIf").ThrowIfFailed();
        Assert.False(File.Exists(Path.Combine(Scene.Files, "planned.xml")));
    }

    private string[] Ids(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Select(o => o.ToString())];

    [Fact]
    public void What_comes_back_is_shown_alike_from_here_and_from_another_machine()
    {
        Scene.Run("$null = Export-Key Shown | Send-MaPackage").ThrowIfFailed();
        HostProcess.Result result = HostProcess.Run("-Command", $$"""
            Import-Module '{{Repository.Module}}'
            $on = @{ Tpm = '{{Scene.Old.ConnectionString}}'; Store = '{{Scene.Store}}' }
            $env:TPMMIGRATION_MA = '{{Scene.Between.Address}}'
            $connection = Connect-MaService @on
            $key = Get-MaKey 3>$null
            $found = Find-MaPackage @on
            $upload = Export-TpmMigrationPackage Shown $key -Reason Test @on 3>$null | Send-MaPackage @on
            $information = Get-MaServiceInformation
            foreach ($object in $key, $found[0], $upload, $connection, $information) {
                $object | Out-Default
                [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($object, 3)) | Out-Default
            }
            """);
        Assert.Equal(string.Empty, result.Error.Trim());
        string[] lines = [.. result.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        string[] headings = ["Name ParentAlgorithm Trust Signer Uri", "SourceHost Received Purpose KeyCount Size Returnable Held PackageId", "PackageId Received AlreadyStored Uri Path"];
        Assert.All(headings, heading => Assert.Equal(2, lines.Count(line => line == heading)));
        Assert.Equal(2, lines.Count(line => line.StartsWith("IdentityIssuer :", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.StartsWith("StorageKeyAlgorithm : ECC P-256", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Get-MaKey ht")]
    [InlineData("Find-MaPackage -Uri ht")]
    public void The_address_of_the_session_is_completed(string line)
    {
        Scene.Run("$null = Connect-MaService").ThrowIfFailed();
        Assert.Equal(Scene.Between.Address.ToString(), Scene.Line($"(TabExpansion2 '{line}' {line.Length}).CompletionMatches.CompletionText"));
    }

    private static string WithMost(string query) => query.Replace("</Query>", "<Most>1</Most></Query>", StringComparison.Ordinal);
}

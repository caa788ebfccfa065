using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Packages with an inner wrap, from export to import, with passphrases and with recovery agents.</summary>
public sealed class RecoveryTests : SceneTests
{
    private const string Unlock = "Unlock-TpmMigrationPackage $wrapped $here -Certificate $files/agent.pfx -CertificatePassword $password -Reason 'Board dead' 3>$null ";

    public RecoveryTests(Scene scene) : base(scene)
    {
        if (File.Exists(At("agent.pfx"))) return;
        Save("agent", TestSigner.Make("Agent"));
        Save("next", TestSigner.Make("Next"));
        using (RSA rsa = RSA.Create(2048)) Save("old", TestSigner.Make("Old", rsa, -60, -1));
        Scene.Run("""
            $null = New-TpmMigratableKey Inner -EncryptedDuplication
            $global:phrase = [Security.SecureString]::new()
            'six words that nobody guesses'.ToCharArray() | ForEach-Object { $global:phrase.AppendChar($_) }
            $global:short = [Security.SecureString]::new()
            $global:short.AppendChar('x')
            $global:wrapped = Export-TpmMigrationPackage Inner $here -Reason Test -RecoveryAgent $files/agent.cer -RecoveryPassphrase $phrase
            $global:agentsOnly = Export-TpmMigrationPackage Inner $here -Reason Test -RecoveryAgent $files/agent.cer -ReleaseAuthority $files/agent.cer
            $global:toThere = Approve-TpmMigration -AllKeys $there -Reason Test -Certificate $files/agent.pfx -CertificatePassword $password 3>$null
            $null = Export-TpmMigrationPackage Inner $here -Reason Test -RecoveryAgent $files/agent.cer -Path $files/wrapped.package.xml
            """).ThrowIfFailed();
    }

    [Fact]
    public void A_package_shows_who_can_open_its_inner_wrap()
    {
        PSObject package = Assert.Single(Scene.Run("Get-TpmMigrationPackage $wrapped.Document").ThrowIfFailed().Output);
        Assert.Equal(true, package.Properties["InnerWrap"].Value);
        Assert.Equal(["CN=Agent"], (string[])package.Properties["RecoveryAgents"].Value);
        Assert.Equal(true, package.Properties["RecoveryPassphrase"].Value);
    }

    [Theory]
    [InlineData("Import-TpmMigrationPackage $wrapped -NewName R -RecoveryPassphrase $phrase")]
    [InlineData("$wrapped | Import-TpmMigrationPackage -NewName R -RecoveryPassphrase $phrase")]
    [InlineData("$release = " + Unlock + "; Import-TpmMigrationPackage $wrapped -NewName R -RecoveryRelease $release")]
    [InlineData("$release = $wrapped | Unlock-TpmMigrationPackage -Destination $here -Certificate $files/agent.pfx -CertificatePassword $password -Reason Test 3>$null; Import-TpmMigrationPackage $wrapped -NewName R -RecoveryRelease (Copy-Remoted $release)")]
    [InlineData("$null = " + Unlock + " -Path $files/releases -Force; Import-TpmMigrationPackage $wrapped -NewName R -RecoveryRelease $files/releases/*.release.xml")]
    [InlineData("$approval = Approve-TpmMigration Inner $here -Reason Test 3>$null; $package = Export-TpmMigrationPackage Inner $here -Approval $approval -RecoveryPassphrase $phrase; Import-TpmMigrationPackage $package -NewName R -RecoveryPassphrase $phrase")]
    [InlineData("$approval = Approve-TpmMigration Vpn $here -Reason Test -InnerWrap 3>$null; $package = Export-TpmMigrationPackage Vpn $here -Approval $approval -RecoveryPassphrase $phrase; Import-TpmMigrationPackage $package -NewName R -RecoveryPassphrase $phrase")]
    public void A_key_comes_in_with_the_passphrase_or_a_release(string script) =>
        Assert.Equal("R", Scene.Run($"(& {{ {script} }}).Name; Remove-TpmKey R -Confirm:$false").ThrowIfFailed().Output.Single().ToString());

    [Fact]
    public void A_rehearsal_takes_passphrase_and_release()
    {
        Assert.Equal(["True", "True"], Scene.Run(
            "(Test-TpmMigrationPackage $wrapped -Rehearse -RecoveryPassphrase $phrase).IsSound; $release = " + Unlock + "; (Test-TpmMigrationPackage $wrapped -Rehearse -RecoveryRelease $release).IsSound")
            .ThrowIfFailed().Output.Select(o => o.ToString()));
    }

    [Fact]
    public void The_next_agent_releases_what_the_present_one_handed_on()
    {
        PSObject[] output = [.. Scene.Run("""
            $renewed = Update-TpmMigrationPackage $agentsOnly $files/next.cer -Certificate $files/agent.pfx -CertificatePassword $password
            $renewed.Signer; $renewed.RecoveryAgents
            $null = Register-MigrationAuthority Agent -Certificate $files/agent.cer -Role PackageSigner
            $release = Unlock-TpmMigrationPackage $renewed $here -Certificate $files/next.pfx -CertificatePassword $password -Reason Test 3>$null
            (Import-TpmMigrationPackage $renewed -NewName Renewed -RecoveryRelease $release).Name
            Remove-TpmKey Renewed -Confirm:$false
            Unregister-MigrationAuthority Agent
            """).ThrowIfFailed().Output];
        Assert.Equal(["CN=Agent", "CN=Agent", "CN=Next", "Renewed"], output.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData(Unlock + " -Path $files/none -WhatIf")]
    [InlineData("Update-TpmMigrationPackage $files/wrapped.package.xml $files/next.cer -Certificate $files/agent.pfx -CertificatePassword $password -Path $files/wrapped.package.xml -Force -WhatIf")]
    [InlineData("Export-TpmMigrationPackage Inner $here -Reason Test -RecoveryPassphrase $phrase -Path $files/none.xml -WhatIf")]
    [InlineData("Import-TpmMigrationPackage $wrapped -NewName R -RecoveryPassphrase $phrase -WhatIf")]
    public void WhatIf_changes_nothing(string script)
    {
        string before = Scene.State();
        Assert.Empty(Scene.Run(script).ThrowIfFailed().Output);
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("Export-TpmMigrationPackage Inner $here -Reason Test", "TpmKey.NeedsInnerWrap", ErrorCategory.InvalidOperation, "-RecoveryAgent or -RecoveryPassphrase")]
    [InlineData("Export-TpmMigrationPackage Vpn $here -Reason Test -RecoveryPassphrase $short", "Recovery.WeakPassphrase", ErrorCategory.InvalidArgument, "fewer than 12 characters")]
    [InlineData("Export-TpmMigrationPackage Vpn $here -Reason Test -RecoveryAgent $files/agent.cer, $files/agent.cer", "Recovery.AgentTwice", ErrorCategory.InvalidArgument, "named twice")]
    [InlineData("Export-TpmMigrationPackage Vpn $here -Reason Test -RecoveryAgent $files/old.cer", "Recovery.AgentUnsuitable", ErrorCategory.InvalidOperation, "'CN=Old' cannot be a recovery agent's")]
    [InlineData("Export-TpmMigrationPackage Vpn $here -Reason Test -RecoveryAgent $files/agent.cer -Format ImportableKeyFile -ExcludeChildren", "Argument.Invalid", ErrorCategory.InvalidArgument, "Only a Migration Package has a place for the key of an inner wrap")]
    [InlineData("$approval = Approve-TpmMigration Vpn $here -Reason Test 3>$null; Export-TpmMigrationPackage Vpn $here -Approval $approval -RecoveryPassphrase $phrase", "Approval.ForAnotherForm", ErrorCategory.SecurityError, "goes without an inner wrap")]
    [InlineData("Import-TpmMigrationPackage $wrapped -NewName R", "Recovery.Missing", ErrorCategory.PermissionDenied, "'CN=Agent'")]
    [InlineData("Import-TpmMigrationPackage $wrapped -NewName R -RecoveryPassphrase $password", "Recovery.WrongPassphrase", ErrorCategory.AuthenticationError, "is not that of the package")]
    [InlineData("Import-TpmMigrationPackage $agentsOnly -NewName R -RecoveryPassphrase $phrase", "Recovery.NoPassphrase", ErrorCategory.InvalidArgument, "is not opened by a passphrase")]
    [InlineData("$release = " + Unlock + "; Import-TpmMigrationPackage $agentsOnly -NewName R -RecoveryRelease $release", "Recovery.ForAnotherPackage", ErrorCategory.SecurityError, "is for another package")]
    [InlineData("$release = Unlock-TpmMigrationPackage $agentsOnly $there -Approval $toThere -Certificate $files/agent.pfx -CertificatePassword $password -Reason Test 3>$null; Import-TpmMigrationPackage $agentsOnly -NewName R -RecoveryRelease $release", "Recovery.ForAnotherDestination", ErrorCategory.SecurityError, "The release is for '")]
    [InlineData("$release = " + Unlock + "; Import-TpmMigrationPackage $wrapped -NewName R -RecoveryRelease $release.Document.Replace('Board', 'Bored')", "Signature.Document", ErrorCategory.SecurityError, "altered after it was signed")]
    [InlineData("Import-TpmMigrationPackage $wrapped -NewName R -RecoveryRelease '<x/>'", "Recovery.Malformed", ErrorCategory.InvalidData, "no release of a recovery agent")]
    [InlineData("Unlock-TpmMigrationPackage $wrapped $here -Certificate $files/next.pfx -CertificatePassword $password -Reason Test 3>$null", "Recovery.NotAnAgent", ErrorCategory.SecurityError, "'CN=Next' is no recovery agent of the package")]
    [InlineData("Unlock-TpmMigrationPackage $package $here -Certificate $files/agent.pfx -CertificatePassword $password -Reason Test 3>$null", "Recovery.NoInnerWrap", ErrorCategory.InvalidArgument, "have no inner wrap")]
    [InlineData("Unlock-TpmMigrationPackage $wrapped $here -Certificate $files/agent.pfx -CertificatePassword $password -Reason ' ' 3>$null", "Argument.Invalid", ErrorCategory.InvalidArgument, "-Reason")]
    [InlineData("Unlock-TpmMigrationPackage $wrapped $here -Certificate $files/agent.pfx -CertificatePassword $wrong -Reason Test 3>$null", "Signer.Password", ErrorCategory.AuthenticationError, "agent.pfx' is wrong")]
    [InlineData("Update-TpmMigrationPackage $wrapped $files/agent.cer -Certificate $files/agent.pfx -CertificatePassword $password", "Recovery.AgentTwice", ErrorCategory.InvalidArgument, "'CN=Agent' is a recovery agent of the package already")]
    [InlineData("Update-TpmMigrationPackage $wrapped $files/old.cer -Certificate $files/agent.pfx -CertificatePassword $password", "Recovery.AgentUnsuitable", ErrorCategory.InvalidOperation, "'CN=Old'")]
    public void What_is_wrong_has_its_error_and_changes_nothing(string script, string id, ErrorCategory category, string text)
    {
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf(script), id, category, text, null);
        Assert.Equal(before, Scene.State());
    }

    private string At(string file) => Path.Combine(Scene.Files, file);

    private void Save(string name, X509Certificate2 certificate)
    {
        using (certificate)
        {
            File.WriteAllBytes(At(name + ".pfx"), certificate.Export(X509ContentType.Pfx, Scene.Password));
            File.WriteAllBytes(At(name + ".cer"), certificate.RawData);
        }
    }
}

using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>CMKs go where their authorities say and nowhere else, by commands.</summary>
public sealed class SelectionTests(SelectionScene selection) : SelectionSceneTests(selection)
{
    private const string Let = "-AcceptUnknownSigner -Reason Test -Force @other";

    [Fact]
    public void An_approved_destination_works_and_the_TPM_refuses_any_other()
    {
        PSObject approval = Assert.Single(Scene.Run("$global:ok = $board | Approve-TpmMigration -Destination $there @why @a 3>$null; $ok").ThrowIfFailed().Output);
        Assert.Equal("Board", approval.Properties["KeyName"].Value);
        Assert.Equal("CN=a", approval.Properties["Authority"].Value);
        Assert.Equal("Approved", approval.Properties["Decision"].Value.ToString());
        Assert.Equal("Board", Scene.Run($"$global:arrived = Export-TpmMigrationPackage Board $there -Approval $ok | Import-TpmMigrationPackage {Let}; $arrived.Name").ThrowIfFailed().Output.Single().ToString());
        Assert.Equal("CertifiableMigratable CN=a 1", Scene.Run("\"$($arrived.Kind) $($arrived.SelectionAuthorities) $($arrived.Quorum)\"").ThrowIfFailed().Output.Single().ToString());

        string before = Scene.State();
        ErrorRecord refused = Scene.ErrorOf("Export-TpmMigrationPackage Board $here -Approval $ok");
        Expect.Error(refused, "Approval.ForAnotherDestination", ErrorCategory.SecurityError, "The TPM refused to let the key 'Board' go to", "Board");
        Assert.Contains("'CN=a' approved", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("a CMK by its Migration Selection Authority", refused.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void An_authority_needs_no_TPM_and_no_store() => Assert.Equal(
        ["Board", "Council"],
        Names("Copy-Remoted ($board, $council) | Approve-TpmMigration -Destination $there @why @a -Tpm nonsense:x -Store /nowhere/x 3>$null"));

    [Theory]
    [InlineData("Approve-TpmMigration Board $there -TpmName $board.TpmName @why @a")]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why @a")]
    [InlineData("Copy-Remoted $board | Approve-TpmMigration -Destination (Copy-Remoted $there) @why @a")]
    [InlineData("Approve-TpmMigration Board $there.Document -TpmName $board.TpmName.ToUpperInvariant() @why -Certificate ([Security.Cryptography.X509Certificates.X509Certificate2]::new(\"$files/a.pfx\", $password))")]
    [InlineData("Approve-TpmMigration -AllKeys $there @why @a")]
    public void An_approval_is_given_by_parameter_and_by_pipe_with_a_file_or_a_certificate(string approve)
    {
        foreach (string form in new[] { "$ok", "(Copy-Remoted $ok)", "$ok.Document" })
            Assert.Equal("1", Scene.Run($"$ok = {approve} 3>$null; (Export-TpmMigrationPackage Board $there -Approval {form}).Keys.Count").ThrowIfFailed().Output.Single().ToString());
    }

    [Fact]
    public void An_authority_signs_with_a_key_on_a_token()
    {
        using X509Certificate2 certificate = TestSigner.Make("Token");
        using var token = new TestToken(certificate, Scene.Password);
        Scene.Run("param($Certificate, $Address) $global:onToken = @{ Certificate = $Address; CertificatePassword = $password }; $null = New-TpmMigratableKey Sealed -MigrationSelectionAuthority $Certificate", new { token.Certificate, token.Address }).ThrowIfFailed();
        Assert.Equal("CN=Token", Scene.Run("""
            $ok = Get-TpmKey Sealed | Approve-TpmMigration -Destination $there @why @onToken 3>$null
            $null = Export-TpmMigrationPackage Sealed $there -Approval $ok
            $no = Get-TpmKey Sealed | Deny-TpmMigration -Destination $there @why @onToken
            $no.Authority
            """).ThrowIfFailed().Output.Single().ToString());
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf("$onToken.CertificatePassword = $wrong; Get-TpmKey Sealed | Approve-TpmMigration -Destination $there @why @onToken 3>$null"), "Signer.Password", ErrorCategory.AuthenticationError, "PIN", null);
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void An_approval_for_all_keys_serves_those_whose_policy_names_the_authority_alone()
    {
        Scene.Run("$global:all = Approve-TpmMigration -AllKeys $there @why @a 3>$null").ThrowIfFailed();
        Assert.Equal(string.Empty, Scene.Run("$all.KeyName + $all.TpmName").ThrowIfFailed().Output.Single().ToString());
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Council $there -Approval $all"), "Approval.TooFew", ErrorCategory.PermissionDenied, "must be approved by 2 of its Migration Selection Authorities", "Council");
        Scene.Run("$global:allB = Approve-TpmMigration -AllKeys $there @why @b 3>$null").ThrowIfFailed();
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Council $there -Approval $all, $allB"), "Approval.ForAnotherKey", ErrorCategory.SecurityError, "each of which must approve this very key by its name", "Council");
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $allB"), "Approval.ForAnotherKey", ErrorCategory.SecurityError, "they are by 'CN=b'", "Board");
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Vpn $there -Approval $all"), "Approval.Missing", ErrorCategory.PermissionDenied, "The TPM Owner has not approved", "Vpn");
    }

    [Fact]
    public void Two_of_three_authorities_let_a_key_go_and_one_does_not()
    {
        Scene.Run("$global:by = @{}; foreach ($one in 'a', 'b', 'c') { $sign = $ExecutionContext.SessionState.PSVariable.GetValue($one); $by[$one] = $council | Approve-TpmMigration -Destination $there @why @sign 3>$null }").ThrowIfFailed();
        foreach (string one in new[] { "a", "b", "c" })
            Expect.Error(Scene.ErrorOf($"Export-TpmMigrationPackage Council $there -Approval $by.{one}"), "Approval.TooFew", ErrorCategory.PermissionDenied, $"only 'CN={one}' did.", "Council");
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Council $there -Approval $by.b, $by.b"), "Approval.TooFew", ErrorCategory.PermissionDenied, "only 'CN=b' did.", "Council");
        foreach (string two in new[] { "$by.a, $by.b", "$by.c, $by.a", "$by.b, $by.c", "@($by.Values)" })
            Assert.Equal("Council", Scene.Run($"(Export-TpmMigrationPackage Council $there -Approval {two} | Import-TpmMigrationPackage {Let}).Name").ThrowIfFailed().Output.Single().ToString());
        Scene.Run("$global:elsewhere = $council | Approve-TpmMigration -Destination $here @why @b 3>$null").ThrowIfFailed();
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Council $there -Approval $by.a, $elsewhere"), "Approval.ForAnotherDestination", ErrorCategory.SecurityError, "The TPM refused", "Council");
    }

    [Fact]
    public void The_Owner_cannot_override_the_authority()
    {
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf("Approve-TpmMigration Board $there @why 3>$null"), "TpmKey.NeedsSelectionAuthority", ErrorCategory.InvalidOperation, "Board", "Board");
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there @why"), "TpmKey.NeedsSelectionAuthority", ErrorCategory.InvalidOperation, "Board", "Board");
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there"), "Approval.Missing", ErrorCategory.PermissionDenied, "Approve-TpmMigration -Certificate", "Board");
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("$ok.Document -replace 'a new laptop', 'an old laptop'", "Approval.Altered", "was altered after it was signed")]
    [InlineData("$ok.Document -replace 'validUntil=\"20', 'validUntil=\"21'", "Approval.Altered", "was altered after it was signed")]
    [InlineData("$ok.Document -replace '(?s)<Signature .*</Signature>', ''", "Approval.Malformed", "is not signed")]
    [InlineData("$ok.Document -replace '<AllKeys />', ''", "Approval.Altered", "was altered after it was signed")]
    public void An_altered_document_is_refused(string altered, string id, string text)
    {
        Scene.Run("$global:ok = Approve-TpmMigration -AllKeys $there @why @a 3>$null").ThrowIfFailed();
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf($"Export-TpmMigrationPackage Board $there -Approval ({altered})"), id, id.EndsWith("Altered", StringComparison.Ordinal) ? ErrorCategory.SecurityError : ErrorCategory.InvalidData, text, null);
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void A_denial_takes_back_what_was_approved_and_is_no_approval()
    {
        Scene.Run("""
            $global:ok = $board | Approve-TpmMigration -Destination $there @why @a 3>$null
            $global:no = $board | Deny-TpmMigration -Destination $there -Reason 'laptop stolen' @a
            """).ThrowIfFailed();
        ErrorRecord denied = Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $ok, $no");
        Expect.Error(denied, "Approval.Denied", ErrorCategory.PermissionDenied, "'CN=a' forbids that the key 'Board' goes to", "Board");
        Assert.Contains("laptop stolen", denied.ToString(), StringComparison.Ordinal);
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $no"), "Approval.Denied", ErrorCategory.PermissionDenied, "forbids", "Board");
        Assert.Equal(["Board"], Names("Copy-Remoted $ok | Deny-TpmMigration -Destination $there -Reason x @a"));
        Assert.Equal("Denied", Scene.Run("(Deny-TpmMigration -AllKeys $there -Reason x @a -Path $files/denials).Decision").ThrowIfFailed().Output.Single().ToString());
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $ok, $files/denials/*.xml"), "Approval.Denied", ErrorCategory.PermissionDenied, "forbids", "Board");
        Assert.Equal(["all-keys.denial.xml"], Directory.GetFiles(Path.Combine(Scene.Files, "denials")).Select(Path.GetFileName));
        // Another destination is not concerned.
        Scene.Run("$null = Export-TpmMigrationPackage Board $here -Approval $no, ($board | Approve-TpmMigration -Destination $here @why @a 3>$null)").ThrowIfFailed();
    }

    [Fact]
    public void An_approval_for_one_package_is_used_up_by_it_and_not_by_WhatIf()
    {
        Scene.Run("$global:once = $board | Approve-TpmMigration -Destination $there -SingleUse @why @a 3>$null").ThrowIfFailed();
        Scene.Run("Export-TpmMigrationPackage Board $there -Approval $once -WhatIf; $null = Export-TpmMigrationPackage Board $there -Approval $once").ThrowIfFailed();
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $once"), "Approval.Used", ErrorCategory.SecurityError, "good for one package", "Board");
        Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $once -WhatIf"), "Approval.Used", ErrorCategory.SecurityError, "good for one package", "Board");
    }

    [Theory]
    [InlineData("-NotBefore ([datetime]::Now.AddHours(2))", "Approval.NotYetValid", "begins at")]
    [InlineData("-NotBefore ([datetime]::UtcNow.AddDays(-2)) -NotAfter ([datetime]::UtcNow.AddDays(-1))", "Approval.Expired", "ended at")]
    [InlineData("-NotBefore ([datetime]::UtcNow.AddDays(-2)) -ValidFor 1.00:00:00", "Approval.Expired", "ended at")]
    public void Outside_its_time_an_approval_is_refused_by_the_module(string times, string id, string text)
    {
        Scene.Run($"$global:timed = $board | Approve-TpmMigration -Destination $there @why @a {times} 3>$null").ThrowIfFailed();
        foreach (string form in new[] { string.Empty, " -WhatIf" })
            Expect.Error(Scene.ErrorOf("Export-TpmMigrationPackage Board $there -Approval $timed" + form), id, ErrorCategory.SecurityError, text, "Board");
        Scene.Run($"$ok = $board | Approve-TpmMigration -Destination $there @why @a 3>$null; $null = Export-TpmMigrationPackage Board $there -Approval $timed, $ok").ThrowIfFailed();
    }

    [Theory]
    [InlineData("$board | Approve-TpmMigration -Destination $there @why @a -Path $files/whatif -WhatIf")]
    [InlineData("Approve-TpmMigration -AllKeys $there @why @a -Path $files/whatif -WhatIf")]
    [InlineData("$board | Deny-TpmMigration -Destination $there @why @a -Path $files/whatif -WhatIf")]
    [InlineData("New-TpmMigratableKey Whatever -MigrationSelectionAuthority $files/a.cer -WhatIf")]
    public void WhatIf_changes_nothing(string script)
    {
        string before = Scene.State();
        Assert.Empty(Scene.Run(script + " 3>$null").ThrowIfFailed().Output);
        Assert.Equal(before, Scene.State());
    }

    [Theory]
    [InlineData("Board $there", "Approval.Missing", ErrorCategory.PermissionDenied, "must be approved by its Migration Selection Authority, with the key 000b")]
    [InlineData("Council $there", "Approval.Missing", ErrorCategory.PermissionDenied, "must be approved by 2 of its Migration Selection Authorities")]
    [InlineData("Board $there @why", "TpmKey.NeedsSelectionAuthority", ErrorCategory.InvalidOperation, "Board")]
    [InlineData("Board $there -Approval ($board | Approve-TpmMigration -Destination $here @why @a 3>$null)", "Approval.ForAnotherDestination", ErrorCategory.SecurityError, "The TPM would refuse to let the key 'Board' go to")]
    [InlineData("Board $there -Approval ($board | Approve-TpmMigration -Destination $there @why @stranger 3>$null)", "Approval.ForAnotherKey", ErrorCategory.SecurityError, "they are by 'CN=stranger'")]
    [InlineData("Board $there -Approval ($council | Approve-TpmMigration -Destination $there @why @a 3>$null)", "Approval.ForAnotherKey", ErrorCategory.SecurityError, "No approval given is for the key 'Board'")]
    [InlineData("Council $there -Approval ($council | Approve-TpmMigration -Destination $there @why @c 3>$null)", "Approval.TooFew", ErrorCategory.PermissionDenied, "only 'CN=c' did.")]
    [InlineData("Board $there -Approval ($board | Deny-TpmMigration -Destination $there @why @a)", "Approval.Denied", ErrorCategory.PermissionDenied, "forbids")]
    public void WhatIf_of_an_export_names_the_missing_word(string export, string id, ErrorCategory category, string text)
    {
        string before = Scene.State();
        Expect.Error(Scene.ErrorOf($"Export-TpmMigrationPackage {export} -WhatIf"), id, category, text, export.Split(' ')[0]);
        Assert.Equal(before, Scene.State());
    }

    private string[] Names(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Select(each => (string)each.Properties["KeyName"].Value)];
}

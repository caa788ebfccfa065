using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>What approvals of authorities and certifications of their keys are worth, by commands.</summary>
public sealed class SelectionEvidenceTests : SelectionSceneTests
{
    private const string Good = "Form Passed, Signature Passed, Time Passed, Authority NotChecked, Key Passed, Destination Passed, TpmSignatures Passed";

    public SelectionEvidenceTests(SelectionScene selection) : base(selection) => Scene.Run(
        "$global:ok = $board | Approve-TpmMigration -Destination $there @why @a -Path $files/evidence -Force 3>$null; $global:all = Approve-TpmMigration -AllKeys $there @why @a 3>$null").ThrowIfFailed();

    [Theory]
    [InlineData("Test-TpmMigrationApproval $ok -Name Board -Destination $there")]
    [InlineData("Test-TpmMigrationApproval -Approval $all -Name Board -Destination (Copy-Remoted $there)")]
    [InlineData("Test-TpmMigrationApproval -Path $files/evidence/Board.*.xml -Name Board -Destination $there.Document")]
    [InlineData("$ok | Test-TpmMigrationApproval -Name Board -Destination $there")]
    [InlineData("Copy-Remoted $ok | Test-TpmMigrationApproval -Name Board -Destination $there")]
    [InlineData("$ok.Document | Test-TpmMigrationApproval -Name Board -Destination $there")]
    [InlineData("[IO.FileInfo]::new(\"$files/evidence/Board.approval.xml\") | Test-TpmMigrationApproval -Name Board -Destination $there")]
    [InlineData("$board | Test-TpmMigrationApproval $ok -Destination $there")]
    [InlineData("$board | Test-TpmMigrationApproval -Approval $all -Destination $there")]
    [InlineData("Copy-Remoted $board | Test-TpmMigrationApproval $files/evidence/Board.approval.xml -Destination $there")]
    [InlineData("Test-TpmMigrationApproval $ok -TpmName $board.TpmName -SelectionAuthorityKey $board.SelectionAuthorityKeys -Destination $there")]
    public void A_good_approval_is_sound_for_its_key_and_destination(string script)
    {
        PSObject test = Assert.Single(Scene.Run(script).ThrowIfFailed().Output);
        Assert.Equal(Good, Checks(test));
        Assert.Equal(true, test.Properties["IsSound"].Value);
        Assert.Equal("Approved", test.Properties["Decision"].Value.ToString());
        Assert.Equal("CN=a", test.Properties["Authority"].Value);
    }

    [Theory]
    [InlineData("$ok -Name Council", "Key", "Approval.ForAnotherKey")]
    [InlineData("$ok -Name Vpn", "Authority, Key", "Approval.ForAnotherKey")]
    [InlineData("$all -Name Vpn", "Authority, Key", "Approval.ForAnotherKey")]
    [InlineData("$ok -Name Board -Destination $here", "Destination", "Approval.ForAnotherDestination")]
    [InlineData("($board | Approve-TpmMigration -Destination $there @why @a -NotBefore ([datetime]::UtcNow.AddHours(1)) 3>$null) -Name Board", "Time", "Approval.NotYetValid")]
    [InlineData("($board | Approve-TpmMigration -Destination $there @why @a -NotBefore ([datetime]::UtcNow.AddHours(-2)) 3>$null) -Name Board", "Time", "Approval.Expired")]
    [InlineData("($ok.Document -replace 'a new laptop', 'a mouse') -Name Board", "Signature", "Approval.Altered")]
    [InlineData("'<a/>' -Name Board", "Form", "Approval.Malformed")]
    [InlineData("$ok", "Authority", "")]
    [InlineData("(Approve-TpmMigration Vpn $there @why 3>$null) -Name Board", "Key", "Approval.ForAnotherKey")]
    public void What_stands_against_an_approval_is_told_by_its_check(string approval, string check, string id)
    {
        PSObject test = Assert.Single(Scene.Run("Test-TpmMigrationApproval " + approval).ThrowIfFailed().Output);
        Assert.Equal(false, test.Properties["IsSound"].Value);
        PSObject[] failed = [.. All(test).Where(each => each.Properties["Verdict"].Value.ToString() == "Failed")];
        Assert.Equal(check, string.Join(", ", failed.Select(each => each.Properties["Check"].Value)));
        Assert.Equal(id, failed[^1].Properties["ErrorId"].Value);
    }

    [Fact]
    public void An_authority_that_is_registered_is_told_by_its_name()
    {
        Scene.Run("$null = Register-MigrationAuthority The-Board -Certificate $files/a.cer -Role MigrationSelectionAuthority").ThrowIfFailed();
        PSObject test = Assert.Single(Scene.Run("Test-TpmMigrationApproval $ok").ThrowIfFailed().Output);
        Assert.Equal("Registered as 'The-Board'.", All(test).Single(each => each.Properties["Check"].Value.ToString() == "Authority").Properties["Reason"].Value);
        Assert.Equal(true, test.Properties["IsSound"].Value);
        Scene.Run("Unregister-MigrationAuthority The-Board -Confirm:$false").ThrowIfFailed();
        Assert.Equal("Denied True", Scene.Run("$t = $board | Deny-TpmMigration -Destination $there @why @a | Test-TpmMigrationApproval -Name Board; \"$($t.Decision) $($t.IsSound)\"").ThrowIfFailed().Output.Single().ToString());
    }

    [Theory]
    [InlineData("$ok")]
    [InlineData("(Copy-Remoted $ok)")]
    [InlineData("([IO.FileInfo]::new(\"$files/evidence/Board.approval.xml\"))")]
    public void An_approval_from_the_pipe_does_not_say_itself_for_which_key_it_should_be(string approval)
    {
        PSObject test = Assert.Single(Scene.Run($"{approval} | Test-TpmMigrationApproval").ThrowIfFailed().Output);
        Assert.Equal("Form Passed, Signature Passed, Time Passed, Authority Failed, Key NotChecked, Destination NotChecked, TpmSignatures Passed", Checks(test));
    }

    [Fact]
    public void Testing_needs_no_TPM_and_with_a_piped_key_no_store() =>
        Assert.Equal(true, Assert.Single(Scene.Run("$TPM = $env:TPMMIGRATION_TPM; $env:TPMMIGRATION_TPM = 'nonsense:x'; try { Copy-Remoted $board | Test-TpmMigrationApproval $ok } finally { $env:TPMMIGRATION_TPM = $TPM }").ThrowIfFailed().Output).Properties["IsSound"].Value);

    [Fact]
    public void A_verifier_learns_that_a_CMK_is_of_these_authorities_and_no_others()
    {
        Scene.Run("$global:certified = $council | Confirm-TpmKey; [IO.File]::WriteAllText(\"$files/council.xml\", $certified.Document)").ThrowIfFailed();
        const string three = "-MigrationSelectionAuthority $files/a.cer, $files/b.cer, $files/c.cer";
        PSObject found = Assert.Single(Scene.Run($"Copy-Remoted $certified | Confirm-TpmKey -AttestationKey $here {three} -Quorum 2 -MadeInTpm").ThrowIfFailed().Output);
        Assert.Equal("Confirmed", found.Properties["Verdict"].Value.ToString());
        Assert.Equal("CertifiableMigratable", found.Properties["Kind"].Value.ToString());
        Assert.Equal(2, found.Properties["Quorum"].Value);
        foreach (string wrong in new[] { three, three + " -Quorum 3", "-MigrationSelectionAuthority $files/a.cer, $files/b.cer -Quorum 2", "-MigrationSelectionAuthority $files/a.cer, $files/b.cer, $files/stranger.cer -Quorum 2" })
            Assert.Equal("Refused", Scene.Run($"(Confirm-TpmKey -Certification $files/council.xml -AttestationKey $here {wrong}).Verdict").ThrowIfFailed().Output.Single().ToString());
        // The certificates of the authorities go along, so that a verifier can see whose keys the policy names.
        Assert.Equal(3, Scene.Run("([xml]$certified.Document).DocumentElement.SelectionAuthorities.Certificate").ThrowIfFailed().Output.Count);
        Assert.Equal(["CN=a", "CN=b", "CN=c"], Scene.Run("$council.SelectionAuthorities").ThrowIfFailed().Output.Select(name => name.ToString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_an_authority_signs_other_programs_verify()
    {
        ToolFolder.Run(Scene.Files, "xmlsec1", "--verify", "--trusted-der", Path.Combine(Scene.Files, "a.cer"), "evidence/Board.approval.xml");
        ToolFolder.Run(Scene.Files, "xmllint", "--noout", "--nonet", "--schema", Path.Combine(Repository.Root, "schemas", "MigrationApproval.xsd"), "evidence/Board.approval.xml");
    }

    private static IEnumerable<PSObject> All(PSObject test) => ((Array)test.Properties["Checks"].Value).Cast<object>().Select(PSObject.AsPSObject);

    private static string Checks(PSObject test) => string.Join(", ", All(test).Select(each => $"{each.Properties["Check"].Value} {each.Properties["Verdict"].Value}"));
}

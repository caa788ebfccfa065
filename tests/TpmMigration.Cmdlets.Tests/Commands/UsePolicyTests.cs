using System;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Keys whose use is bound to PCRs, made, shown and imported as users do.</summary>
public sealed class UsePolicyTests : SceneTests
{
    private const string Other = "@other -AcceptUnknownSigner -Reason Test";

    public UsePolicyTests(Scene scene) : base(scene)
    {
        if (Scene.Run("$bound").Output is [not null]) return;
        // PCR 16 of the other machine has another value; it can be reset, as no other can.
        Scene.Run("""
            $null = New-TpmMigratableKey U1 -PcrPolicy 'sha256:0,2,7'
            $null = New-TpmMigratableKey U2 -PcrPolicy 'sha256:7,16' -KeyPassword $password
            $global:bound = Export-TpmMigrationPackage U1 $there -Reason Test
            $global:differing = Export-TpmMigrationPackage U2 $there -Reason Test -KeyPassword $password
            """).ThrowIfFailed();
        Scene.OtherTpm.Tool("tpm2_pcrextend", "16:sha256=" + new string('b', 64));
    }

    [Fact]
    public void A_key_says_what_its_use_takes()
    {
        string[] lines = Lines("""
            $key = Get-TpmKey U2
            $key.Kind; $key.UsePolicy; $key.HasPassword
            $key.ExpectedPcrs
            (Get-TpmKey Vpn).UsePolicy.Length + (Get-TpmKey Vpn).ExpectedPcrs.Length
            (Copy-Remoted $key).UsePolicy
            $differing.Keys[0].UsePolicy
            $differing.Keys[0].ExpectedPcrs.Count
            """);
        string zero = new('0', 64), use = "PCRs sha256:7,16 as recorded, and the key's password";
        Assert.Equal(["Migratable", use, "True", "sha256:7=" + zero, "sha256:16=" + zero, "0", use, use, "2"], lines);
    }

    [Fact]
    public void By_pipe_and_for_all_kinds_of_keys()
    {
        string[] lines = Lines("""
            $made = 'U3', 'U4' | New-TpmMigratableKey -PcrPolicy 'sha256:7+sha384:0' -Role Decrypt -Algorithm Rsa2048
            $made += New-TpmMigratableKey U5 -Parent Group -MovesWithParent -PcrPolicy sha256:7
            $made | ForEach-Object { "$($_.Name) $($_.Kind) $($_.UsePolicy)" }
            $made | Remove-TpmKey -Confirm:$false
            """);
        Assert.Equal(
            ["U3 Migratable PCRs sha256:7+sha384:0 as recorded", "U4 Migratable PCRs sha256:7+sha384:0 as recorded", "U5 MovesWithParent PCRs sha256:7 as recorded"], lines);
    }

    [Fact]
    public void It_migrates_and_is_proven_where_the_PCRs_fit()
    {
        string[] lines = Lines($$"""
            $key = $bound | Import-TpmMigrationPackage {{Other}} -WarningAction SilentlyContinue -Force
            $key.UsePolicy; $key.ExpectedPcrs.Count; $key.DifferingPcrs.Count
            """);
        Assert.Equal(["PCRs sha256:0,2,7 as recorded", "3", "0"], lines);
    }

    [Fact]
    public void Where_they_do_not_it_comes_in_without_proof_and_says_so()
    {
        Expect.Error(
            Scene.ErrorOf($"$differing | Import-TpmMigrationPackage -KeyPassword $password {Other}"),
            "Package.PcrMismatch", ErrorCategory.InvalidOperation, "The key 'U2' can be used only with certain values of PCRs, which differ here, so it cannot be proven to work: sha256:16 is to be 0000", "U2");
        Assert.Empty(Lines("Get-TpmKey @other | Where-Object Name -eq U2"));
        string[] lines = Lines($$"""
            $key = $differing | Import-TpmMigrationPackage -SkipProof {{Other}} -WarningVariable told -WarningAction SilentlyContinue
            $told | ForEach-Object Message | Where-Object { $_ -like '*PCRs*' }
            $key.DifferingPcrs
            (Get-TpmKey U2 @other).ExpectedPcrs.Count
            Remove-TpmKey U2 -Confirm:$false @other
            """);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("The key 'U2' cannot be used here as long as PCRs differ, and is not proven to work: sha256:16 is to be 0000", lines[0], StringComparison.Ordinal);
        Assert.Equal("sha256:16", lines[1]);
        Assert.Equal("2", lines[2]);
    }

    [Fact]
    public void WhatIf_makes_and_imports_nothing_and_names_what_stands_against_it()
    {
        string before = Scene.State();
        Assert.Empty(Lines("New-TpmMigratableKey U6 -PcrPolicy sha256:0 -WhatIf"));
        Expect.Error(Scene.ErrorOf($"$differing | Import-TpmMigrationPackage -KeyPassword $password -WhatIf {Other}"), "Package.PcrMismatch", ErrorCategory.InvalidOperation, "sha256:16", "U2");
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void A_rehearsal_tells_of_the_PCRs()
    {
        string reason = Assert.Single(Lines("(Test-TpmMigrationPackage $differing -Rehearse -KeyPassword $password @other).Checks | Where-Object Key -eq U2 | ForEach-Object Reason"));
        Assert.Contains("That it works could not be proven, since its use is bound to PCRs that differ here: sha256:16", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_PIN_is_told() => Expect.Error(
        Scene.ErrorOf("Export-TpmMigrationPackage U2 $here -Reason Test -KeyPassword $wrong"), "TpmKey.KeyPassword", ErrorCategory.AuthenticationError, "The password of the key 'U2' is wrong or missing. The TPM counts", "U2");

    [Fact]
    public void A_certification_tells_the_use_policy()
    {
        string[] lines = Lines("$report = Confirm-TpmKey -Certification (Confirm-TpmKey U1); $report.Kind; $report.UsePolicy");
        Assert.Equal(["Migratable", "PCRs sha256:0,2,7 as recorded"], lines);
    }

    [Theory]
    [InlineData("-PcrPolicy sha256", "'sha256' is no selection of PCRs.")]
    [InlineData("-PcrPolicy sha256:24", "'24' is no PCR.")]
    [InlineData("-PcrPolicy 'sha256:7,7'", "names a PCR twice.")]
    [InlineData("-PcrPolicy sha1:0", "PCRs of the bank sha1 are no proof")]
    [InlineData("-PcrPolicy sha256:0 -Role Storage", "its use is not bound to PCRs")]
    public void What_makes_no_policy_is_an_argument_error(string parameters, string text)
    {
        Expect.Error(Scene.ErrorOf("New-TpmMigratableKey U7 " + parameters), "Argument.Invalid", ErrorCategory.InvalidArgument, text, "U7");
        Assert.DoesNotContain("U7", Scene.Names());
    }

    private string[] Lines(string script) => [.. Scene.Run(script).ThrowIfFailed().Output.Where(o => o != null).Select(o => o.ToString())];
}

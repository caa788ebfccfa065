using System;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>What a TPM that refuses, hangs up or talks nonsense becomes at the prompt.</summary>
public sealed class TpmFaultTests(Scene scene) : SceneTests(scene)
{
    private const uint Create = 0x153, Load = 0x157, Sign = 0x15D;

    [Theory]
    [InlineData(Create, "hang up", "New-TpmMigratableKey X -Tpm $broken", "Tpm.Unreachable", ErrorCategory.ConnectionError, "X", "hung up before its response was complete. The command may have run.")]
    [InlineData(Create, "nonsense", "New-TpmMigratableKey X -Tpm $broken", "Tpm.BadResponse", ErrorCategory.InvalidData, "X", "")]
    [InlineData(Create, "902", "New-TpmMigratableKey X -Tpm $broken", "Tpm.NoRoom", ErrorCategory.ResourceBusy, "X", "Create")]
    [InlineData(Create, "101", "New-TpmMigratableKey X -Tpm $broken", "Tpm.Refused", ErrorCategory.InvalidOperation, "X", "Create")]
    [InlineData(Load, "1DF", "Export-TpmMigrationPackage Vpn $there -Reason Test -Tpm $broken", "TpmKey.NotLoadable", ErrorCategory.InvalidData, "Vpn", "The TPM cannot load the key 'Vpn': its private part was altered or belongs to another parent.")]
    [InlineData(Sign, "flip", "Import-TpmMigrationPackage $package -NewName X -Tpm $broken", "Package.ProofFailed", ErrorCategory.InvalidResult, null, "The key 'Vpn' was imported, but its result does not fit its public key. Nothing was stored.")]
    public void One_answer_is_wrong(uint command, string answer, string script, string id, ErrorCategory category, string? target, string text)
    {
        string before = Scene.State();
        using (var broken = new InterceptedTpm(Scene.Tpm, command, ask => Answer(ask, answer)))
        {
            Scene.Run("param($Broken) $global:broken = $Broken", new { Broken = broken.ConnectionString }).ThrowIfFailed();
            Expect.Error(Scene.ErrorOf(script), id, category, text, target);
        }
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void The_password_of_a_parent_is_wrong()
    {
        Scene.Run("$null = New-TpmMigratableKey Safe -Role Storage -KeyPassword $password").ThrowIfFailed();
        string before = Scene.State();
        Expect.Error(
            Scene.ErrorOf("New-TpmMigratableKey X -Parent Safe -ParentPassword $wrong"),
            "TpmKey.ParentPassword", ErrorCategory.AuthenticationError, "The password of the parent key 'Safe' is wrong or missing. The TPM counts ", "X");
        Assert.Equal(before, Scene.State());
        Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
    }

    [Fact]
    public void In_lockout_the_error_says_how_long_to_wait()
    {
        Scene.Tpm.Tool("tpm2_dictionarylockout", "--setup-parameters", "--max-tries=2", "--recovery-time=180", "--lockout-recovery-time=600");
        try
        {
            const string Wrong = "Export-TpmMigrationPackage Code $there -Reason Test -KeyPassword $wrong";
            Assert.All(new[] { Wrong, Wrong }, script => Expect.Error(Scene.ErrorOf(script), "TpmKey.KeyPassword", ErrorCategory.AuthenticationError, "of 2 failures before it locks out.", "Code"));
            string before = Scene.State();
            Expect.Error(
                Scene.ErrorOf("Export-TpmMigrationPackage Code $there -Reason Test -KeyPassword $password"),
                "Tpm.Lockout", ErrorCategory.AuthenticationError, "It forgets one failure every 3 minutes: wait that long,", "Code");
            Assert.Equal(before, Scene.State());
        }
        finally
        {
            Scene.Tpm.Tool("tpm2_dictionarylockout", "--setup-parameters", "--max-tries=100", "--recovery-time=1", "--lockout-recovery-time=1");
            Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
        }
    }

    [Fact]
    public void A_key_of_another_TPM_is_told_so() => Expect.Error(
        Scene.ErrorOf("Export-TpmMigrationPackage Vpn $here -Reason Test -Format ImportableKeyFile -Tpm $other.Tpm"),
        "TpmKey.ForAnotherTpm", ErrorCategory.InvalidOperation, "The key 'Vpn' was made under the storage root key of another TPM, or the TPM was cleared since.", "Vpn");

    [Fact]
    public void So_is_the_key_that_signs_packages() => Expect.Error(
        Scene.ErrorOf("Export-TpmMigrationPackage Vpn $here -Reason Test -Tpm $other.Tpm"),
        "TpmKey.ForAnotherTpm", ErrorCategory.InvalidOperation, "was made by another TPM, or the TPM was cleared since. Remove it with Remove-TpmKey platform-signing;", "Vpn");

    private static byte[]? Answer(Func<byte[]?> ask, string answer)
    {
        switch (answer)
        {
            case "hang up":
                return null;
            case "nonsense":
                byte[] success = ask()!;
                return [.. success.AsSpan(0, 10), .. Enumerable.Repeat((byte)0xFF, success.Length - 10)];
            case "flip":
                // Behind header, size of parameters, algorithms and size: the first byte of the signature.
                byte[] signature = ask()!;
                signature[20] ^= 1;
                return signature;
            default:
                // The TPM does not even get to see it.
                return [0x80, 0x01, 0, 0, 0, 10, .. BitConverter.GetBytes(Convert.ToUInt32(answer, 16)).Reverse()];
        }
    }
}

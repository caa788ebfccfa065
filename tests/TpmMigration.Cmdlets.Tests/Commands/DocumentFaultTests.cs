using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Documents that do not hold: approvals, destinations, key files, and files that cannot be read or written.</summary>
public sealed class DocumentFaultTests(Scene scene) : SceneTests(scene)
{
    [Theory]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Approval '<x/>'", "Approval.Malformed", ErrorCategory.InvalidData, "approval")]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Approval ((Approve-TpmMigration Vpn $there -Reason Test).Document -replace 'validUntil=\"[^\"]*\"', 'validUntil=\"2020-01-02T03:04:05Z\"')", "Approval.Expired", ErrorCategory.SecurityError, "The approval for the key 'Vpn' ended at 2020-01-02 03:04:05Z. Have it approved anew with Approve-TpmMigration.")]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Approval ((Approve-TpmMigration Vpn $there -Reason Test).Document -replace '(?<=timeout=\"..).', 'f')", "Approval.Stale", ErrorCategory.SecurityError, "or it was altered.")]
    [InlineData("Approve-TpmMigration Vpn ($there.Document -replace 'parentName=\"000b.{16}', 'parentName=\"000b0123456789abcdef') -Reason Test", "Destination.Altered", ErrorCategory.SecurityError, "The destination's parent is not the key that the document names: the document was altered.")]
    [InlineData("Approve-TpmMigration Vpn ($there.Document -replace '(?<=<Signature>.{20}).{10}', '++++++++++') -Reason Test", "Destination.EvidenceContradicted", ErrorCategory.SecurityError, "cannot be approved, since its evidence contradicts it.")]
    [InlineData("New-TpmMigratableKey Inner -EncryptedDuplication | Export-TpmMigrationPackage -Destination $there -Reason Test; Remove-TpmKey Inner -Confirm:$false", "TpmKey.NeedsInnerWrap", ErrorCategory.InvalidOperation, "'Inner'")]
    [InlineData("New-TpmMigratableKey X -Parent Group -EncryptedDuplication", "TpmKey.EncryptedDuplicationMismatch", ErrorCategory.InvalidOperation, "The parent 'Group' has encryptedDuplication clear")]
    [InlineData("[IO.File]::WriteAllBytes(\"$files/bad.xml\", [byte[]](0xC3, 0x28)); Approve-TpmMigration Vpn $files/bad.xml -Reason Test", "Document.NotReadable", ErrorCategory.ReadError, "bad.xml' cannot be read")]
    [InlineData("Get-TpmMigrationDestination -Path $files/none/d.xml", "Document.NotWritten", ErrorCategory.WriteError, "d.xml' cannot be written")]
    public void One_error_with_its_text(string script, string id, ErrorCategory category, string text)
    {
        string[] names = Scene.Names();
        Expect.Error(Scene.ErrorOf(script), id, category, text, null);
        Assert.Equal(names, Scene.Names());
    }

    [Theory]
    [InlineData("'x' * 200000", "TpmKeyFile.TooLarge")]
    [InlineData("[Text.Encoding]::Unicode.GetString([byte[]](1, 2))", "TpmKeyFile.NoPemBlock")]
    [InlineData("\"-----BEGIN`0 X\"", "TpmKeyFile.WrongEncoding")]
    [InlineData("$pem.Replace('TSS2', 'RSA')", "TpmKeyFile.WrongLabel")]
    [InlineData("$pem + $pem", "TpmKeyFile.SeveralBlocks")]
    [InlineData("$pem.Insert(80, '*')", "TpmKeyFile.BadBase64")]
    [InlineData("$pem -replace '(?<=KEY-----\\s+)M', 'N'", "TpmKeyFile.BadStructure")]
    public void A_file_that_is_no_key_file_says_why(string content, string id)
    {
        ErrorRecord error = Scene.ErrorOf(
            "$pem = [IO.File]::ReadAllText((Get-TpmKey Vpn).Path); [IO.File]::WriteAllText(\"$files/k.pem\", (" + content + ")); Get-TpmKey -Path $files/k.pem");
        Expect.Error(error, id, ErrorCategory.InvalidData, string.Empty, Scene.Files + "/k.pem");
    }

    [Fact]
    public void After_a_restart_of_the_TPM_an_approval_is_stale()
    {
        Scene.Run("$global:approval = Approve-TpmMigration Vpn $there -Reason Test").ThrowIfFailed();
        Scene.Tpm.Restart();
        string before = Scene.State();
        Expect.Error(
            Scene.ErrorOf("Export-TpmMigrationPackage Vpn $there -Approval $approval -Path $files/p.xml"), "Approval.Stale", ErrorCategory.SecurityError,
            "The TPM does not honour the approval for the key 'Vpn': the TPM was restarted or cleared since it was given, or it was altered.", "Vpn");
        Assert.Equal(before, Scene.State());
    }

    [Fact]
    public void An_approval_that_the_Owner_of_another_machine_gave_is_not_this_Owners() => Expect.Error(
        Scene.ErrorOf("$null = Import-TpmMigrationPackage $foreign -Force -AcceptUnknownSigner -Reason Test -WarningAction Ignore @other; Export-TpmMigrationPackage Vpn $here -Approval (Approve-TpmMigration Vpn $here -Reason Test @other)"),
        "Approval.ForAnotherMachine", ErrorCategory.SecurityError, "by another TPM. The Owner of this TPM must approve.", "Vpn");
}

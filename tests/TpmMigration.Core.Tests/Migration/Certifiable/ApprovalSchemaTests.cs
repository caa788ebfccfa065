using System;
using System.IO;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Approvals as other programs see them: valid by schemas/MigrationApproval.xsd, and signed by what xmlsec verifies.</summary>
public sealed class ApprovalSchemaTests : IDisposable
{
    private readonly Machine _machine = new();
    private readonly TemporaryFolder _folder = new("tpm-migration-approval-");

    private static string Schema => Path.Combine(RepositoryFolder.Path, "schemas", "MigrationApproval.xsd");

    public void Dispose()
    {
        _machine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_approval_of_an_Owner_is_valid_by_the_schema()
    {
        MigrationDestination here = _machine.Destination();
        _machine.Create("k");
        string text = ApprovalDocument.Write(_machine.Approve("k", here));
        AssertValid(text);
        AssertInvalid(text.Replace("<Machine ", "<Note /><Machine ", StringComparison.Ordinal));
        AssertInvalid(text.Replace("<Reason>", "<Reason note=\"\">", StringComparison.Ordinal));
        AssertInvalid(text.Replace(" created=\"", " created=\"on ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_an_authority_decides_is_valid_by_the_schema_and_signed_by_what_xmlsec_verifies(bool rsa)
    {
        using var msa = new Msa(rsa);
        MigrationDestination here = _machine.Destination();
        StoredKey key = Msa.CreateCmk(_machine, "k", [msa]);
        File.WriteAllBytes(_folder["msa.der"], msa.Authority.Certificate!);
        foreach (SelectionApproval approval in new[] { msa.Decide(here, key), msa.Decide(here, singleUse: true), msa.Decide(here, key, SelectionDecision.Denied), msa.Decide(here, decision: SelectionDecision.Denied) })
        {
            string text = ApprovalDocument.Write(approval);
            AssertValid(text);
            ToolRunner.Run("xmlsec1", "--verify", "--trusted-der", _folder["msa.der"], _folder["approval.xml"]);
            File.WriteAllText(_folder["approval.xml"], text.Replace("a new board", "a new bored", StringComparison.Ordinal));
            Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmlsec1", "--verify", "--trusted-der", _folder["msa.der"], _folder["approval.xml"]));
            AssertInvalid(text.Replace("<Destination ", "<Note /><Destination ", StringComparison.Ordinal));
            AssertInvalid(text[..text.IndexOf("<Signature ", StringComparison.Ordinal)] + "</MigrationApproval>");
            AssertInvalid(text.Replace(" singleUse=", " use=", StringComparison.Ordinal));
        }
    }

    private void AssertValid(string text)
    {
        File.WriteAllText(_folder["approval.xml"], text);
        ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", Schema, _folder["approval.xml"]);
    }

    private void AssertInvalid(string text)
    {
        File.WriteAllText(_folder["other.xml"], text);
        Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", Schema, _folder["other.xml"]));
    }
}

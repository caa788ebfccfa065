using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration.Receipts;

/// <summary>Receipts that are altered, forged, or for something else: the key stays.</summary>
public sealed class ReceiptAttackTests
{
    [Fact]
    public void A_receipt_altered_at_any_place_is_refused()
    {
        using var scene = new ReceiptScene();
        int places = 0;
        foreach (XObject place in Places(XDocument.Parse(scene.Text, LoadOptions.PreserveWhitespace)).ToList())
        {
            string altered = Altered(scene.Text, places++);
            Exception? error = Record.Exception(() => new ReceiptExaminer(scene.Source.Store, ReceiptDocument.Read(altered), _ => ReceiptScene.Unknown).Plan("k"));
            // What is said of the signer's key is for trust, and not under its signature.
            Assert.True(error is SignatureException or ReceiptException { Fault: ReceiptFault.Malformed or ReceiptFault.NotTrusted }, $"{place}: {error}");
        }
        Assert.True(places > 25, $"Only {places} places.");
        Assert.Equal(["child", "k", "other"], scene.Source.StoredNames());
        scene.Remove(scene.Text);
    }

    [Fact]
    public void A_platform_in_software_can_state_anything_and_is_not_believed()
    {
        using var scene = new ReceiptScene();
        using var forged = new ForgedPlatform();
        string text = ReceiptDocument.Write(forged.Receipt(scene.Receipt), forged);
        Assert.Contains("It is not registered.", scene.Refuses(ReceiptFault.NotTrusted, text).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void True_proofs_under_the_signature_of_somebody_else_are_not_believed()
    {
        using var scene = new ReceiptScene();
        using var forged = new ForgedPlatform();
        using SoftwareSigner certificate = SoftwareSigner.Ecdsa();
        scene.Refuses(ReceiptFault.NotTrusted, ReceiptDocument.Write(scene.Receipt, forged));
        scene.Refuses(ReceiptFault.NotTrusted, ReceiptDocument.Write(scene.Receipt, certificate));
    }

    [Fact]
    public void A_signing_key_that_says_it_was_certified_by_the_right_attestation_key_is_not_believed_without_proof()
    {
        using var scene = new ReceiptScene();
        using var forged = new ForgedPlatform();
        var own = (PlatformIdentity)forged.Identity;
        var borrowed = new Borrowed(forged, new PlatformIdentity(own.PublicArea, own.Certification! with { AttestationKey = scene.Receipt.AttestationKey }));
        scene.Refuses(ReceiptFault.NotTrusted, ReceiptDocument.Write(scene.Receipt, borrowed));
        var stolen = new Borrowed(forged, new PlatformIdentity(own.PublicArea, ((PlatformIdentity)scene.Receipt.Signature!.Signer).Certification));
        scene.Refuses(ReceiptFault.NotTrusted, ReceiptDocument.Write(scene.Receipt, stolen));
    }

    [Fact]
    public void The_destination_itself_cannot_claim_a_key_that_it_does_not_have()
    {
        using var scene = new ReceiptScene();
        MigrationReceipt receipt = scene.Receipt;
        ReceiptKey key = receipt.Keys[0], child = receipt.Keys[1];
        byte[] otherName = scene.Source.Store.Find("other")!.Require().PublicArea().Name;
        scene.Source.Run(loader =>
        {
            // As if it had been exported there, and never been imported.
            loader.Store.NoteExport([otherName], KeyStore.LastExportOf(loader.Store.LastExports(), key.TpmName)!);
            return 0;
        });
        using var forged = new ForgedPlatform();
        ReceiptProof invented = forged.Receipt(receipt).Keys[0].Proof!;

        // The proof of one key for another; of another receipt; of another parent; by another key; under another parent than it has here.
        Assert.Contains("certifies another key", scene.Refuses(ReceiptFault.ProofContradicted, scene.Sign(receipt with { Keys = [key, new ReceiptKey("other", otherName, key.Proof, null)] }), "other").Message, StringComparison.Ordinal);
        Assert.Contains("for another receipt", scene.Refuses(ReceiptFault.ProofContradicted, scene.Sign(receipt with { Id = Guid.NewGuid() })).Message, StringComparison.Ordinal);
        Assert.Contains("under another parent", scene.Refuses(ReceiptFault.ProofContradicted, scene.Sign(receipt with { AboveParent = TpmHandle.Endorsement.Name })).Message, StringComparison.Ordinal);
        Assert.Contains("does not verify", scene.Refuses(ReceiptFault.ProofContradicted, scene.Sign(receipt with { Keys = [key with { Proof = invented }, child] })).Message, StringComparison.Ordinal);
        Assert.Contains("under another parent", scene.Refuses(ReceiptFault.ProofContradicted, scene.Sign(receipt with { Keys = [key, child, new ReceiptKey("other", otherName, null, key.TpmName)] }), "other").Message, StringComparison.Ordinal);
        // Also where the signer is registered.
        scene.Refuses(ReceiptFault.ProofContradicted, ReceiptDocument.Write(receipt with { Keys = [key with { Proof = invented }, child] }, forged), verdict: Trusted.Signer);
        scene.Remove(scene.Text);
    }

    [Fact]
    public void A_key_that_the_destination_keeps_under_another_parent_is_not_proven()
    {
        using var scene = new ReceiptScene();
        scene.Target.Create("elsewhere", KeyRole.Storage);
        MigrationDestination other = scene.Target.Destination("elsewhere");
        MigrationPackage package = MigrationTests.Export(scene.Source, other, ["k"], [scene.Source.Approve("k", other)]);
        MigrationReceipt there = ReceiptDocument.Read(ReceiptScene.Receive(scene.Target, package));
        Assert.NotEqual(scene.Destination.Parent.Name, there.ParentName);
        MigrationPackage again = MigrationTests.Export(scene.Source, scene.Destination, ["k"], [scene.Source.Approve("k", scene.Destination)]);
        scene.Refuses(ReceiptFault.ForAnotherPackage, scene.Sign(there));
        scene.Refuses(ReceiptFault.ForAnotherDestination, scene.Sign(there with { PackageId = again.Id }));
        Assert.Contains("for another receipt", scene.Refuses(ReceiptFault.ProofContradicted, scene.Sign(there with { PackageId = again.Id, ParentName = again.Destination.Parent.Name, AboveParent = TpmHandle.Owner.Name })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_receipt_for_another_key_package_destination_or_machine_removes_nothing()
    {
        using var scene = new ReceiptScene();
        scene.Refuses(ReceiptFault.ForAnotherKey, scene.Text, "other");

        // The same key at another machine, by an earlier export.
        using var third = new Machine();
        MigrationDestination there = third.Destination();
        MigrationPackage later = MigrationTests.Export(scene.Source, there, ["k"], [scene.Source.Approve("k", there)]);
        Assert.Contains(later.Id.ToString("D"), scene.Refuses(ReceiptFault.ForAnotherPackage, scene.Text).Message, StringComparison.Ordinal);

        // The package came from another machine, by the receipt's word.
        MigrationPackage foreign = later with { Source = new PackageSource("elsewhere", there.Parent.Name) };
        scene.Refuses(ReceiptFault.ForAnotherMachine, ReceiptScene.Receive(third, Approved(foreign)));
        scene.Remove(ReceiptScene.Receive(third, later));
    }

    [Fact]
    public void A_key_that_was_never_exported_is_not_removed_and_a_key_that_came_with_the_package_stays()
    {
        using var scene = new ReceiptScene();
        // The destination holds its own receipt: there, the keys are the ones that came.
        ReceiptException error = Assert.Throws<ReceiptException>(() => new ReceiptExaminer(scene.Target.Store, scene.Receipt, _ => Trusted.Signer).Plan("k"));
        Assert.Equal(ReceiptFault.ForAnotherKey, error.Fault);
        Assert.Throws<ReceiptException>(() => new ReceiptExaminer(scene.Target.Store, scene.Receipt, _ => Trusted.Signer).KeysHere());
        byte[] otherName = scene.Source.Store.Find("other")!.Require().PublicArea().Name;
        scene.Refuses(ReceiptFault.NotExported, scene.Sign(scene.Receipt with { Keys = [scene.Receipt.Keys[0] with { TpmName = otherName }] }), "other");
    }

    [Fact]
    public void A_key_with_a_child_that_did_not_go_along_stays_with_it()
    {
        using var scene = new ReceiptScene();
        scene.Source.Create("late", parent: "k");
        Assert.Contains("'late'", scene.Refuses(ReceiptFault.ChildrenLeft, scene.Text).Message, StringComparison.Ordinal);
        Assert.Equal(["child"], scene.Remove(scene.Text, "child"));
    }

    [Fact]
    public void What_is_no_receipt_is_said_to_be_none()
    {
        using var scene = new ReceiptScene();
        foreach (string text in new[] { string.Empty, "<a/>", DestinationDocument.Write(scene.Destination), scene.Text.Replace("<?xml", "<!DOCTYPE a><?xml", StringComparison.Ordinal) })
            Assert.Equal(ReceiptFault.Malformed, Assert.Throws<ReceiptException>(() => ReceiptDocument.Read(text)).Fault);
        string unsigned = scene.Text[..scene.Text.IndexOf("<Signature xmlns", StringComparison.Ordinal)] + "</MigrationReceipt>";
        Assert.Equal(SignatureFault.Missing, Assert.Throws<SignatureException>(() => ReceiptDocument.Read(unsigned)).Fault);
        Assert.Equal(SignatureFault.Misplaced, Assert.Throws<SignatureException>(() => ReceiptDocument.Read(scene.Text.Replace("</MigrationReceipt>", "<Keys/></MigrationReceipt>", StringComparison.Ordinal))).Fault);
        // A signer of a receipt that stands for nothing: signed, and not of the format.
        MigrationReceipt receipt = scene.Receipt;
        foreach (MigrationReceipt odd in new[] { receipt with { Keys = [] }, receipt with { Keys = [receipt.Keys[1]] }, receipt with { Keys = [receipt.Keys[0], receipt.Keys[0]] }, receipt with { ParentName = [1, 2, 3] } })
            Assert.Equal(ReceiptFault.Malformed, Assert.Throws<ReceiptException>(() => ReceiptDocument.Read(scene.Sign(odd))).Fault);
    }

    [Fact]
    public void A_receipt_is_valid_by_the_schema_and_its_signature_by_xmlsec()
    {
        using var scene = new ReceiptScene();
        using var folder = new TemporaryFolder("tpm-migration-receipt-");
        string schema = Path.Combine(RepositoryFolder.Path, "schemas", "MigrationReceipt.xsd");
        File.WriteAllText(folder["receipt.xml"], scene.Text);
        File.WriteAllText(folder["other.xml"], scene.Text.Replace("<Keys>", "<Keys><Note/>", StringComparison.Ordinal));
        ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", schema, folder["receipt.xml"]);
        Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", schema, folder["other.xml"]));
        using SoftwareSigner signer = SoftwareSigner.Ecdsa();
        File.WriteAllText(folder["receipt.xml"], ReceiptDocument.Write(scene.Receipt, signer));
        File.WriteAllBytes(folder["signer.der"], ((CertificateIdentity)signer.Identity).Certificates[0]);
        ToolRunner.Run("xmlsec1", "--verify", "--trusted-der", folder["signer.der"], folder["receipt.xml"]);
    }

    /// <summary>Approvals that name the source that the package now says.</summary>
    private static MigrationPackage Approved(MigrationPackage package) => package with
    {
        Approvals = [.. package.Approvals.Select(bytes => Encoding.UTF8.GetBytes(ApprovalDocument.Write((OwnerApproval)ApprovalDocument.Read(Encoding.UTF8.GetString(bytes)) with { MachineHost = package.Source.HostName, MachineName = package.Source.Name })))],
    };

    /// <summary>Every attribute and every text, namespaces and the white space apart.</summary>
    private static IEnumerable<XObject> Places(XDocument document) => document.Root!.DescendantsAndSelf().SelectMany(element => element.Attributes()
        .Where(attribute => !attribute.IsNamespaceDeclaration).Cast<XObject>()
        .Concat(element.HasElements || element.Value.Length == 0 ? [] : [element]));

    private static string Altered(string text, int number)
    {
        XDocument document = XDocument.Parse(text, LoadOptions.PreserveWhitespace);
        switch (Places(document).ElementAt(number))
        {
            case XAttribute attribute: attribute.Value = Other(attribute.Value); break;
            case XElement element: element.Value = Other(element.Value); break;
        }
        return document.ToString(SaveOptions.DisableFormatting);
    }

    // Another digit in the middle is another value of the same form.
    private static string Other(string value)
    {
        if (value.Length == 0) return "x";
        int middle = value.Length / 2;
        while (middle > 0 && value[middle] is '-' or ':') middle--;
        return value[..middle] + (value[middle] == '1' ? '2' : '1') + value[(middle + 1)..];
    }

    private sealed class Borrowed(ForgedPlatform signer, PlatformIdentity identity) : IDocumentSigner
    {
        public SignerIdentity Identity => identity;

        public byte[] Sign(byte[] digest) => signer.Sign(digest);

        public void Dispose() { }
    }
}

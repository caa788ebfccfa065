using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using TpmMigration.Tests.Keys.Wrapping;
using TpmMigration.Tests.Migration;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Recovery;

/// <summary>Releases are documents of one form, and each alteration is found. No TPM is needed to make one.</summary>
public sealed class ReleaseDocumentTests
{
    private readonly AgentCertificate _agent = AgentCertificate.Make("ecc", "Agent & Partner <Ltd>");
    private readonly string _document;
    private readonly MigrationPackage _package;

    public ReleaseDocumentTests()
    {
        using RecoveryKey recovery = RecoveryKey.Fresh();
        using var proxy = new Msa();
        MigrationPackage plain = SamplePackages.Family();
        _package = plain with
        {
            ReleaseAuthorities = [proxy.Authority.Certificate!],
            Approvals = [],
            InnerWrap = RecoveryScene.Recipients("", _agent).HandOver(recovery),
            DataKey = null,
            Keys = [.. plain.Keys.Select(k => k with { Data = [], Blob = k.Blob is MigrationBlob blob ? blob with { InnerKey = recovery.Wrap(new byte[16]) } : k.Blob })],
        };
        using CertificateSigner signer = _agent.Open();
        MigrationDestination destination = Destination();
        _document = new AgentKey(signer).Release(_package, destination, "the board is \"dead\" & gone", [proxy.Decide(destination)]).Document;
    }

    [Fact]
    public void What_is_written_is_read()
    {
        RecoveryRelease release = ReleaseDocument.Read(_document);
        Assert.Equal((_package.Id, "elsewhere", "the board is \"dead\" & gone"), (release.PackageId, release.DestinationHost, release.Reason));
        Assert.Equal(_agent.Agent.Fingerprint, release.SignerFingerprint);
        Assert.True(release.IsBy(_package.InnerWrap!.Agents[0]));
        Assert.Equal(34, release.DestinationName.Length);
    }

    [Theory]
    [InlineData("board", "bored")]
    [InlineData("host=\"elsewhere\"", "host=\"elsewhen\"")]
    [InlineData("<Reason>", "\n<Reason>")]
    [InlineData("id=\"", "added=\"\" id=\"")]
    public void What_is_altered_after_it_was_signed_is_refused(string old, string altered) =>
        Assert.Equal(SignatureFault.Document, Assert.Throws<SignatureException>(() => ReleaseDocument.Read(_document.Replace(old, altered, StringComparison.Ordinal))).Fault);

    [Fact]
    public void A_document_without_signature_or_with_several_is_refused()
    {
        XDocument none = SignedText.Parse(_document), two = SignedText.Parse(_document), last = SignedText.Parse(_document);
        none.Root!.Element(XmlSignature.Ns + "Signature")!.Remove();
        two.Root!.Add(new XElement(two.Root.Element(XmlSignature.Ns + "Signature")!));
        last.Root!.Add(new XElement(last.Root.Name.Namespace + "Reason", "another"));
        Assert.Equal(SignatureFault.Missing, Assert.Throws<SignatureException>(() => Read(none)).Fault);
        Assert.Equal(SignatureFault.Misplaced, Assert.Throws<SignatureException>(() => Read(two)).Fault);
        Assert.Equal(SignatureFault.Misplaced, Assert.Throws<SignatureException>(() => Read(last)).Fault);
    }

    [Theory]
    [InlineData("Reason")]
    [InlineData("Package")]
    [InlineData("Destination")]
    [InlineData("RecoveryKey")]
    public void What_is_not_of_the_form_is_malformed_also_where_it_is_signed(string element)
    {
        XDocument document = SignedText.Parse(_document);
        document.Root!.Elements().Single(e => e.Name.LocalName == element).Remove();
        Assert.Equal(RecoveryFault.Malformed, Assert.Throws<RecoveryException>(() => ReleaseDocument.Read(Resign(document))).Fault);
        Assert.Equal(RecoveryFault.Malformed, Assert.Throws<RecoveryException>(() => ReleaseDocument.Read("<a/>")).Fault);
        Assert.Equal(RecoveryFault.Malformed, Assert.Throws<RecoveryException>(() => ReleaseDocument.Read("no xml")).Fault);
        Assert.Equal(RecoveryFault.Malformed, Assert.Throws<RecoveryException>(() => ReleaseDocument.Read("<!DOCTYPE a><a/>")).Fault);
        // The control: signed in the same way and whole, it is read.
        Assert.Equal(_package.Id, ReleaseDocument.Read(Resign(SignedText.Parse(_document))).PackageId);
    }

    [Fact]
    public void A_package_with_a_CMK_and_a_destination_that_takes_only_inner_wraps_are_not_released()
    {
        using CertificateSigner signer = _agent.Open();
        var key = new AgentKey(signer);
        TpmtPublic migratable = Destination().Parent;
        var vault = new TpmtPublic { NameAlg = migratable.NameAlg, ObjectAttributes = migratable.ObjectAttributes | TpmaObject.EncryptedDuplication, Parameters = migratable.Parameters, Unique = migratable.Unique, Point = migratable.Point };
        Assert.Equal(RecoveryFault.DestinationUnsuitable, Fault(() => key.Release(_package, Destination() with { Parent = vault }, "x")));
        IReadOnlyList<IReadOnlyList<PolicyStep>> byAuthority = new SelectionPolicy([migratable.Name]).Branches;
        TpmtPublic certifiable = KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, byAuthority, encryptedDuplication: false);
        MigrationPackage withCmk = _package with { Keys = [_package.Keys[0] with { PublicArea = certifiable, Policy = byAuthority }] };
        Assert.Equal(ApprovalFault.Missing, Assert.Throws<ApprovalException>(() => key.Release(withCmk, Destination(), "x")).Fault);
    }

    private static RecoveryFault Fault(Action action) => Assert.Throws<RecoveryException>(action).Fault;

    private static RecoveryRelease Read(XDocument document) => ReleaseDocument.Read(document.ToString(SaveOptions.DisableFormatting));

    private static string Resign(XDocument document)
    {
        using SoftwareSigner signer = SoftwareSigner.Ecdsa();
        XElement root = document.Root!;
        root.Element(XmlSignature.Ns + "Signature")!.Remove();
        root.Add(XmlSignature.Create(CanonicalDigest.Of(root), signer, root.Name.Namespace, depth: 1).Element);
        return root.ToString(SaveOptions.DisableFormatting);
    }

    private static MigrationDestination Destination() =>
        new() { Kind = DestinationKind.StorageKey, HostName = "elsewhere", Created = StoredKeys.Now(), Parent = SoftwareKey.Parent("ecc").PublicArea };
}

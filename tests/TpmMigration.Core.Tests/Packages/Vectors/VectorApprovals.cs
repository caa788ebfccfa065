using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Approvals of Migration Selection Authorities with keys of the set, the same bytes each time.</summary>
internal sealed class VectorApprovals : IDocumentSigner
{
    private readonly VectorSigner _signer;

    private VectorApprovals(VectorSigner signer)
    {
        _signer = signer;
        Identity = new CertificateIdentity([signer.Certificate]);
    }

    public SignerIdentity Identity { get; }

    public byte[] Sign(byte[] digest) => _signer.Sign(digest);

    public void Dispose()
    {
        // The key stays with the set.
    }

    /// <summary>The branches of a policy by which some of the signers let a key go.</summary>
    internal static IReadOnlyList<IReadOnlyList<PolicyStep>> Policy(int quorum, params VectorSigner[] signers) =>
        new SelectionPolicy(signers.Select(signer => SelectionAuthority.FromCertificate(signer.Certificate).TpmName), quorum).Branches;

    internal static VectorKey Key(string label, IReadOnlyList<IReadOnlyList<PolicyStep>> policy) =>
        VectorKey.Ecc(label, KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, policy, encryptedDuplication: false));

    /// <param name="signer">The authority.</param>
    /// <param name="key">The TPM name of the key; null for all its keys.</param>
    /// <param name="change">Applied before it is signed.</param>
    /// <param name="destination">What is approved.</param>
    internal static byte[] Of(VectorSigner signer, byte[]? key, Func<SelectionApproval, SelectionApproval>? change = null, string destination = "destination-ecc")
    {
        using var authority = new VectorApprovals(signer);
        byte[] parent = VectorKey.Destination(destination).Name;
        var approval = new SelectionApproval
        {
            Id = VectorPackages.Id("decision " + signer.Name),
            Authority = SelectionAuthority.FromCertificate(signer.Certificate),
            Decision = SelectionDecision.Approved,
            ApprovedBy = "officer",
            Reason = "moving house",
            Created = VectorPackages.Created.AddMinutes(-10),
            NotBefore = VectorPackages.Created.AddMinutes(-10),
            ValidUntil = VectorPackages.Created.AddMinutes(50),
            SingleUse = false,
            Key = key == null ? null : new SelectedKey("key", key),
            DestinationHost = "machine-b",
            DestinationName = parent,
            PolicyAuthorizations = [authority.Authorize(key, parent)],
            DuplicationAuthorizations = key == null ? [] : [authority.Authorize(key, parent, false), authority.Authorize(key, parent, true)],
        };
        return Encoding.UTF8.GetBytes(SignedDocument.Sign(ApprovalDocument.ToElement((change ?? (a => a))(approval)), authority).Text);
    }

    private PolicyAuthorization Authorize(byte[]? key, byte[] parent)
    {
        var unsigned = new PolicyAuthorization(TpmAlgId.Sha256, SelectionApprover.ApprovedPolicy(TpmAlgId.Sha256, key, parent), SelectionPolicy.Reference, new TpmtSignature(TpmAlgId.Null, TpmAlgId.Null, []));
        return unsigned with { Signature = ForTpm(unsigned.SignedDigest) };
    }

    private DuplicationAuthorization Authorize(byte[] key, byte[] parent, bool innerWrap)
    {
        var unsigned = new DuplicationAuthorization(DuplicationCommand.CpHash(key, parent, innerWrap), innerWrap, SelectionPolicy.Reference, new TpmtSignature(TpmAlgId.Null, TpmAlgId.Null, []));
        return unsigned with { Signature = ForTpm(unsigned.SignedDigest) };
    }

    private TpmtSignature ForTpm(byte[] digest)
    {
        byte[] value = _signer.Sign(digest);
        return Identity.Scheme == SignatureScheme.RsaSha256
            ? new TpmtSignature(TpmAlgId.RsaSsa, TpmAlgId.Sha256, value)
            : new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, [.. value.Take(32)], [.. value.Skip(32)]);
    }
}

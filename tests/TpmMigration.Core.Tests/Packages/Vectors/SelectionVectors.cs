using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>CMKs: what their authorities approved, denied or did not say, and certificates that are not of their authorities.</summary>
internal static class SelectionVectors
{
    private static readonly VectorSigner[] s_three = [VectorSigner.Ecc, VectorSigner.Rsa, VectorSigner.Stranger];

    private static readonly IReadOnlyList<IReadOnlyList<PolicyStep>> s_one = VectorApprovals.Policy(1, VectorSigner.Ecc), s_quorum = VectorApprovals.Policy(2, s_three);

    private static VectorKey Single { get; } = VectorApprovals.Key("certifiable", s_one);

    private static VectorKey Several { get; } = VectorApprovals.Key("certifiable by two", s_quorum);

    internal static IEnumerable<PackageVector> All => [.. Valid, .. Approvals, .. Certificates];

    private static IEnumerable<PackageVector> Valid =>
    [
        OfOne("valid-certifiable", "valid", "a CMK, with the approval and the certificate of its authority", Approval()),
        OfOne("valid-certifiable-all-keys", "valid", "a CMK, with an approval for all keys of its authority", VectorApprovals.Of(VectorSigner.Ecc, null)),
        OfOne("valid-certifiable-no-certificate", "valid", "a CMK without the certificate of its authority, which is not needed", [Approval()], []),
        OfTwo("valid-certifiable-quorum", "valid", "a CMK that asks for two of three, with two approvals", Approval(VectorSigner.Ecc, Several), Approval(VectorSigner.Stranger, Several)),
    ];

    private static IEnumerable<PackageVector> Approvals
    {
        get
        {
            string text = Encoding.UTF8.GetString(Approval());
            return
            [
                OfOne("selection-missing", "Approval.Missing", "a CMK without approval"),
                OfOne("selection-of-owner", "Approval.Missing", "a CMK with an approval of the Owner, who cannot let it go", VectorPackages.Approval(Single)),
                OfTwo("selection-too-few", "Approval.TooFew", "one approval where two are asked for", Approval(VectorSigner.Ecc, Several)),
                OfTwo("selection-one-twice", "Approval.TooFew", "two approvals of one authority where two are asked for", Approval(VectorSigner.Ecc, Several), Approval(VectorSigner.Ecc, Several)),
                OfOne("selection-denied", "Approval.Denied", "a denial", Approval(change: Denied)),
                OfOne("selection-denied-too", "Approval.Denied", "a denial beside an approval", Approval(), Approval(change: Denied)),
                OfOne("selection-too-early", "Approval.NotYetValid", "an approval that begins after the package was made", Approval(change: a => a with { NotBefore = VectorPackages.Created.AddSeconds(1) })),
                OfOne("selection-over", "Approval.Expired", "an approval that had ended before the package was made", Approval(change: a => a with { ValidUntil = VectorPackages.Created.AddSeconds(-1) })),
                OfOne("selection-for-other-destination", "Approval.ForAnotherDestination", "an approval for another destination", VectorApprovals.Of(VectorSigner.Ecc, Single, destination: "destination-rsa")),
                OfOne("selection-for-other-key", "Approval.ForAnotherKey", "an approval for a key that is not in the package", VectorApprovals.Of(VectorSigner.Ecc, Several)),
                OfOne("selection-of-stranger", "Approval.ForAnotherKey", "an approval of an authority that the key's policy does not name", VectorApprovals.Of(VectorSigner.Stranger, Single)),
                OfOne("selection-altered", "Approval.Altered", "a letter of the reason changed", Bytes(text.Swap("moving house", "moving mouse"))),
                OfOne("selection-lengthened", "Approval.Altered", "its end put off", Bytes(text.Attribute("<MigrationApproval", "validUntil", s => s.Replace("2026", "2036", StringComparison.Ordinal)))),
                OfOne("selection-unsigned", "Approval.Malformed", "an approval of an authority without signature", Bytes(text.Without("<Signature ", "</Signature>"))),
                OfOne("selection-denial-that-approves", "Approval.Malformed", "a denial that holds signatures for TPMs", Approval(change: a => a with { Decision = SelectionDecision.Denied })),
                OfOne("selection-ends-before-it-begins", "Approval.Malformed", "an approval that ends before it begins", Approval(change: a => a with { NotBefore = a.ValidUntil })),
            ];
        }
    }

    private static IEnumerable<PackageVector> Certificates
    {
        get
        {
            MigrationPackage one = VectorPackages.One();
            return
            [
                OfOne("authorities-of-stranger", "PolicyMismatch", "the certificate of an authority that the key's policy does not name", [Approval()], [VectorSigner.Stranger.Certificate]),
                OfOne("authorities-one-too-many", "PolicyMismatch", "the certificate of the authority, and that of another", [Approval()], [VectorSigner.Ecc.Certificate, VectorSigner.Rsa.Certificate]),
                OfOne("authorities-no-certificate", "PolicyMismatch", "bytes that are no certificate", [Approval()], [[1, 2, 3]]),
                OfOne("authorities-other-key-type", "PolicyMismatch", "the certificate of a key that no policy can name", [Approval()], [VectorSigner.P384.Certificate]),
                new("authorities-without-policy", "PolicyMismatch", "the certificate of an authority for a key whose Owner lets it go", VectorText.Sign(VectorText.Template(one with { Keys = [one.Keys[0] with { SelectionAuthorities = [VectorSigner.Ecc.Certificate] }] }))),
            ];
        }
    }

    private static SelectionApproval Denied(SelectionApproval approval) =>
        approval with { Decision = SelectionDecision.Denied, PolicyAuthorizations = [], DuplicationAuthorizations = [] };

    private static byte[] Approval(VectorSigner? signer = null, VectorKey? key = null, Func<SelectionApproval, SelectionApproval>? change = null) =>
        VectorApprovals.Of(signer ?? VectorSigner.Ecc, key ?? Single, change);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static PackageVector OfOne(string name, string expected, string why, params byte[][] approvals) =>
        OfOne(name, expected, why, approvals, [VectorSigner.Ecc.Certificate]);

    private static PackageVector OfOne(string name, string expected, string why, byte[][] approvals, byte[][] certificates) =>
        Made(name, expected, why, Single, s_one, approvals, certificates);

    private static PackageVector OfTwo(string name, string expected, string why, params byte[][] approvals) =>
        Made(name, expected, why, Several, s_quorum, approvals, [.. s_three.Select(signer => signer.Certificate)]);

    private static PackageVector Made(string name, string expected, string why, VectorKey key, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, byte[][] approvals, byte[][] certificates) =>
        new(name, expected, why, VectorText.Sign(VectorText.Template(VectorPackages.Package(
            [VectorPackages.Migrating("Certifiable", key, policy: policy) with { Kind = nameof(KeyKind.CertifiableMigratable), SelectionAuthorities = certificates }],
            approvals,
            "destination-ecc"))));
}

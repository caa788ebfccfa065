using System.Collections.Generic;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>CMKs with certificates that are not of their authorities.</summary>
internal static class AuthorityVectors
{
    private static readonly IReadOnlyList<IReadOnlyList<PolicyStep>> s_one = VectorApprovals.Policy(1, VectorSigner.Ecc);

    private static VectorKey Single { get; } = VectorApprovals.Key("certifiable", s_one);

    internal static IEnumerable<PackageVector> All
    {
        get
        {
            MigrationPackage one = VectorPackages.One();
            return
            [
                OfOne("valid-certifiable-no-certificate", "valid", "a CMK without the certificate of its authority, which is not needed", [Approval()], []),
                OfOne("authorities-of-stranger", "PolicyMismatch", "the certificate of an authority that the key's policy does not name", [Approval()], [VectorSigner.Stranger.Certificate]),
                OfOne("authorities-one-too-many", "PolicyMismatch", "the certificate of the authority, and that of another", [Approval()], [VectorSigner.Ecc.Certificate, VectorSigner.Rsa.Certificate]),
                OfOne("authorities-no-certificate", "PolicyMismatch", "bytes that are no certificate", [Approval()], [[1, 2, 3]]),
                OfOne("authorities-other-key-type", "PolicyMismatch", "the certificate of a key that no policy can name", [Approval()], [VectorSigner.P384.Certificate]),
                new("authorities-without-policy", "PolicyMismatch", "the certificate of an authority for a key whose Owner lets it go", VectorText.Sign(VectorText.Template(one with { Keys = [one.Keys[0] with { SelectionAuthorities = [VectorSigner.Ecc.Certificate] }] }))),
            ];
        }
    }

    private static byte[] Approval() => VectorApprovals.Of(VectorSigner.Ecc, Single.Name);

    private static PackageVector OfOne(string name, string expected, string why, byte[][] approvals, byte[][] certificates) =>
        new(name, expected, why, VectorText.Sign(VectorText.Template(VectorPackages.Package(
            [VectorPackages.Migrating("Certifiable", Single, policy: s_one) with { Kind = nameof(KeyKind.CertifiableMigratable), SelectionAuthorities = certificates }],
            approvals,
            "destination-ecc"))));
}

using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Approvals;

public sealed class TrustJudgeTests
{
    private static readonly DateTime Now = DateTime.UtcNow;

    [Fact]
    public void A_registered_certificate_is_trusted_for_its_roles_and_for_no_other()
    {
        using X509Certificate2 a = TestCertificates.Make("A");
        TrustEntry entry = TestCertificates.Entry("a", TestCertificates.Identity(a), TrustRole.PackageSigner | TrustRole.MigrationAuthority);
        Assert.Equal((TrustStanding.Trusted, entry), Answer([entry], TestCertificates.Identity(a), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Trusted, entry), Answer([entry], TestCertificates.Identity(a), TrustRole.MigrationAuthority));
        Assert.Equal((TrustStanding.NotForThisRole, entry), Answer([entry], TestCertificates.Identity(a), TrustRole.MigrationSelectionAuthority));
    }

    [Fact]
    public void A_signer_that_is_not_registered_is_unknown_also_when_its_name_is_that_of_one_that_is()
    {
        using X509Certificate2 a = TestCertificates.Make("A"), other = TestCertificates.Make("A");
        TrustVerdict verdict = new TrustJudge([TestCertificates.Entry("a", TestCertificates.Identity(a))], TrustRole.PackageSigner, Now).Judge(TestCertificates.Identity(other), null);
        Assert.Equal(TrustStanding.Unknown, verdict.Standing);
        Assert.Null(verdict.Entry);
        Assert.Contains("Register-MigrationAuthority", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void This_platform_is_trusted_for_its_own_packages_and_nothing_else()
    {
        PlatformIdentity own = Platform(1), other = Platform(2);
        Assert.Equal((TrustStanding.OwnPlatform, null), Answer([], own, TrustRole.PackageSigner, own));
        Assert.Equal((TrustStanding.Unknown, null), Answer([], own, TrustRole.MigrationSelectionAuthority, own));
        Assert.Equal((TrustStanding.Unknown, null), Answer([], other, TrustRole.PackageSigner, own));
        Assert.Equal((TrustStanding.Unknown, null), Answer([], own, TrustRole.PackageSigner));
    }

    [Fact]
    public void A_registered_platform_is_known_by_its_public_area()
    {
        TrustEntry entry = TestCertificates.Entry("host", Platform(1));
        Assert.Equal((TrustStanding.Trusted, entry), Answer([entry], Platform(1), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Unknown, null), Answer([entry], Platform(2), TrustRole.PackageSigner));
    }

    [Fact]
    public void A_certificate_is_trusted_in_its_time_only()
    {
        using X509Certificate2 old = TestCertificates.Make("Old", fromDays: -20, untilDays: -10), young = TestCertificates.Make("Young", fromDays: 10);
        TrustEntry[] entries = [TestCertificates.Entry("old", TestCertificates.Identity(old)), TestCertificates.Entry("young", TestCertificates.Identity(young))];
        Assert.Equal((TrustStanding.Expired, entries[0]), Answer(entries, TestCertificates.Identity(old), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.NotYetValid, entries[1]), Answer(entries, TestCertificates.Identity(young), TrustRole.PackageSigner));
        Assert.Equal(TrustStanding.Trusted, new TrustJudge(entries, TrustRole.PackageSigner, Now.AddDays(-15)).Judge(TestCertificates.Identity(old), null).Standing);
    }

    [Fact]
    public void Whom_a_registered_authority_issued_certificates_is_trusted_if_the_entry_says_so()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        using X509Certificate2 between = TestCertificates.Make("Between", root, authority: true);
        using X509Certificate2 leaf = TestCertificates.Make("Leaf", between);
        CertificateIdentity signer = TestCertificates.Identity(leaf, between);
        TrustEntry atRoot = TestCertificates.Entry("root", TestCertificates.Identity(root), includesIssued: true);
        TrustEntry atBetween = TestCertificates.Entry("between", TestCertificates.Identity(between), includesIssued: true);
        Assert.Equal((TrustStanding.Trusted, atRoot), Answer([atRoot], signer, TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Trusted, atBetween), Answer([atBetween], signer, TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Trusted, atBetween), Answer([atBetween], TestCertificates.Identity(leaf), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Unknown, null), Answer([atRoot], TestCertificates.Identity(leaf), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Unknown, null), Answer([atRoot with { IncludesIssued = false }], signer, TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.NotForThisRole, atRoot), Answer([atRoot], signer, TrustRole.MigrationAuthority));
        TrustEntry otherRole = atBetween with { Roles = TrustRole.MigrationAuthority };
        Assert.Equal((TrustStanding.Trusted, atRoot), Answer([otherRole, atRoot], signer, TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Trusted, otherRole), Answer([otherRole, atRoot], signer, TrustRole.MigrationAuthority));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_certificate_that_only_claims_a_registered_issuer_is_unknown(bool issuerIsRoot)
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        using X509Certificate2 between = TestCertificates.Make("Between", root, authority: true);
        X509Certificate2 registered = issuerIsRoot ? root : between;
        using X509Certificate2 forged = TestCertificates.Make("Leaf", claimedIssuer: issuerIsRoot ? "Root" : "Between");
        TrustEntry entry = TestCertificates.Entry("ca", TestCertificates.Identity(registered), includesIssued: true);
        Assert.Equal(TrustStanding.Unknown, Answer([entry], TestCertificates.Identity(forged), TrustRole.PackageSigner).Standing);
        Assert.Equal(TrustStanding.Unknown, Answer([entry], TestCertificates.Identity(forged, between, root), TrustRole.PackageSigner).Standing);
    }

    [Fact]
    public void A_signer_that_plays_authority_without_being_one_vouches_for_nobody()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        using X509Certificate2 user = TestCertificates.Make("User", root);
        using X509Certificate2 leaf = TestCertificates.Make("Leaf", user);
        using X509Certificate2 narrow = TestCertificates.Make("Narrow", authority: true, pathLength: 0);
        using X509Certificate2 below = TestCertificates.Make("Below", narrow, authority: true);
        using X509Certificate2 deep = TestCertificates.Make("Deep", below);
        TrustEntry[] entries =
        [
            TestCertificates.Entry("root", TestCertificates.Identity(root), includesIssued: true),
            TestCertificates.Entry("narrow", TestCertificates.Identity(narrow), includesIssued: true),
        ];
        Assert.Equal(TrustStanding.Unknown, Answer(entries, TestCertificates.Identity(leaf, user), TrustRole.PackageSigner).Standing);
        Assert.Equal(TrustStanding.Unknown, Answer(entries, TestCertificates.Identity(deep, below), TrustRole.PackageSigner).Standing);
        Assert.Equal(TrustStanding.Trusted, Answer(entries, TestCertificates.Identity(user), TrustRole.PackageSigner).Standing);
    }

    [Fact]
    public void Each_certificate_of_a_chain_must_be_in_its_time()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        using X509Certificate2 oldAuthority = TestCertificates.Make("Between", root, authority: true, untilDays: -1);
        using X509Certificate2 leaf = TestCertificates.Make("Leaf", oldAuthority);
        using X509Certificate2 late = TestCertificates.Make("Late", root, fromDays: 3);
        using X509Certificate2 past = TestCertificates.Make("Past", root, untilDays: -3);
        TrustEntry entry = TestCertificates.Entry("root", TestCertificates.Identity(root), includesIssued: true);
        Assert.Equal((TrustStanding.Expired, entry), Answer([entry], TestCertificates.Identity(leaf, oldAuthority), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.NotYetValid, entry), Answer([entry], TestCertificates.Identity(late), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.Expired, entry), Answer([entry], TestCertificates.Identity(past), TrustRole.PackageSigner));
    }

    [Fact]
    public void A_certificate_that_is_not_for_signatures_is_trusted_for_none()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        using X509Certificate2 web = TestCertificates.Make("Web", root, usage: X509KeyUsageFlags.KeyEncipherment);
        TrustEntry direct = TestCertificates.Entry("web", TestCertificates.Identity(web)), issued = TestCertificates.Entry("root", TestCertificates.Identity(root), includesIssued: true);
        Assert.Equal((TrustStanding.NotForThisRole, direct), Answer([direct], TestCertificates.Identity(web), TrustRole.PackageSigner));
        Assert.Equal((TrustStanding.NotForThisRole, issued), Answer([issued], TestCertificates.Identity(web), TrustRole.PackageSigner));
    }

    [Theory]
    [InlineData(TrustRole.None)]
    [InlineData(TrustRole.PackageSigner | TrustRole.MigrationAuthority)]
    public void The_question_is_for_one_role(TrustRole roles) =>
        Assert.Throws<ArgumentException>(() => Answer([], Platform(1), roles));

    internal static PlatformIdentity Platform(byte seed) => new(
        new TpmtPublic
        {
            NameAlg = TpmAlgId.Sha256,
            ObjectAttributes = KeyTemplates.PlatformSigning.ObjectAttributes,
            Parameters = KeyTemplates.PlatformSigning.Parameters,
            Point = Point(seed),
        },
        null);

    private static TpmsEccPoint Point(byte seed)
    {
        // Multiples of the generator, so that they are points of the curve.
        Org.BouncyCastle.Math.EC.ECPoint point = Org.BouncyCastle.Asn1.Sec.SecNamedCurves.GetByName("secp256r1").G
            .Multiply(Org.BouncyCastle.Math.BigInteger.ValueOf(seed + 1)).Normalize();
        return new TpmsEccPoint(point.AffineXCoord.GetEncoded(), point.AffineYCoord.GetEncoded());
    }

    private static (TrustStanding Standing, TrustEntry? Entry) Answer(IReadOnlyList<TrustEntry> entries, SignerIdentity signer, TrustRole role, SignerIdentity? own = null)
    {
        TrustVerdict verdict = new TrustJudge(entries, role, Now).Judge(signer, own);
        Assert.EndsWith(".", verdict.Reason, StringComparison.Ordinal);
        Assert.Equal(verdict.Standing is TrustStanding.Trusted or TrustStanding.OwnPlatform, verdict.IsTrusted);
        return (verdict.Standing, verdict.Entry);
    }
}

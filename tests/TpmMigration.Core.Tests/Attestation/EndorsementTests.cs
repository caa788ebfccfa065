using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Attestation.CertifyingMachine;

namespace TpmMigration.Tests.Attestation;

/// <summary>Endorsement certificates as a verifier meets them: of a manufacturer it trusts, of another, and malformed as they come in the field.</summary>
public sealed class EndorsementTests : IClassFixture<EndorsementTests.Certified>
{
    private readonly CertifiedKey _key;
    private readonly byte[][] _roots;

    public EndorsementTests(Certified certified)
    {
        byte[] issuer = Assert.Single(CertificateText.Split(File.ReadAllBytes(SimulatedManufacturer.IssuerCertificatePath)));
        _roots = [.. CertificateText.Split(File.ReadAllBytes(SimulatedManufacturer.RootCertificatePath))];
        _key = certified.Key with { EndorsementCertificates = [certified.Key.EndorsementCertificates[0], issuer] };
    }

    /// <summary>A key of a machine whose TPM has endorsement certificates.</summary>
    public sealed class Certified
    {
        public Certified()
        {
            using var machine = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
            machine.Create("k");
            Key = machine.Certify("k");
        }

        internal CertifiedKey Key { get; }
    }

    private byte[] Certificate => _key.EndorsementCertificates[0];

    [Fact]
    public void A_chain_that_ends_at_a_trusted_root_passes_and_does_not_stand_for_the_attestation_key()
    {
        CertificationReport report = Ask(_key);
        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);
        Assert.Contains(CertificationCheck.Endorsement, report.Checks(CertificationAnswer.Passed));
        Assert.Contains("leads to the trusted root", report.Reason(CertificationCheck.Endorsement), StringComparison.Ordinal);
        Assert.Equal(CertificationVerdict.NotProven, Examine(_key, new CertificationQuestions { TrustedRoots = _roots }).Verdict);
        Assert.Contains(CertificationCheck.Endorsement, Examine(_key, _key.Asking()).Checks(CertificationAnswer.NotAsked));
    }

    [Fact]
    public void Another_root_no_root_and_no_certificate_are_not_confirmed()
    {
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] other = new CertificateRequest("CN=Other", stranger, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9)).RawData;
        Assert.Equal(CertificationVerdict.Refused, Ask(_key, other).Verdict);
        Assert.Equal(CertificationVerdict.Refused, Examine(_key, _key.Asking() with { TrustedRoots = [] }).Verdict);
        Assert.Equal(CertificationVerdict.NotProven, Ask(_key with { EndorsementCertificates = [] }).Verdict);
        Assert.Equal(CertificationVerdict.NotProven, Ask(_key with { EndorsementCertificates = [new byte[900]] }).Verdict);
        // A root that cannot be read is told of, and trusts nobody.
        CertificationReport unreadable = Ask(_key, [1, 2, 3]);
        Assert.Equal(CertificationVerdict.Refused, unreadable.Verdict);
        Assert.Contains("One of the trusted roots", unreadable.Reason(CertificationCheck.Endorsement), StringComparison.Ordinal);
        // A certificate for another key is wrong whether asked for or not.
        CertifiedKey foreign = _key with { EndorsementCertificates = [other] };
        Assert.Contains(CertificationCheck.Endorsement, Examine(foreign, foreign.Asking()).Checks(CertificationAnswer.Failed));
    }

    [Theory]
    [InlineData(0x00, 1)]
    [InlineData(0xFF, 700)]
    public void Padding_behind_a_certificate_is_left_out_and_told_of(byte filler, int count) =>
        Tolerated([.. Certificate, .. Enumerable.Repeat(filler, count)], "bytes of padding");

    [Fact]
    public void A_header_of_TPM_1_2_is_left_out_and_told_of() => Tolerated(
        [0x10, 0x01, 0x00, (byte)((Certificate.Length + 2) >> 8), (byte)(Certificate.Length + 2), 0x10, 0x02, .. Certificate], "TCG_PCCLIENT_STORED_CERT");

    [Fact]
    public void A_certificate_in_BER_is_read_and_told_of()
    {
        // The outermost length is left open, and closed by two zeros.
        byte[] content = Certificate[4..];
        Tolerated([0x30, 0x80, .. content, 0, 0], "not in DER");
    }

    [Fact]
    public void Anything_else_behind_a_certificate_makes_it_unreadable()
    {
        CertifiedKey key = _key with { EndorsementCertificates = [[.. Certificate, 1, 2, 3], .. _key.EndorsementCertificates.Skip(1)] };
        Assert.Contains("cannot be read", Ask(key).Reason(CertificationCheck.Endorsement), StringComparison.Ordinal);
        Assert.Equal(CertificationVerdict.NotProven, Ask(key).Verdict);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unknown_critical_extension_and_a_negative_serial_number_are_told_of_and_the_algorithm_RSAES_OAEP_is_never_passed_over(bool namesOaep)
    {
        using RSA endorsement = RSA.Create(2048), authority = RSA.Create(2048);
        var name = new X500DistinguishedName("CN=Maker");
        var request = new CertificateRequest(name, authority, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(9));
        var oaep = new PublicKey(new Oid("1.2.840.113549.1.1.7"), new AsnEncodedData([0x30, 0x00]), new AsnEncodedData(endorsement.ExportRSAPublicKey()));
        var leaf = new CertificateRequest(new X500DistinguishedName("CN=EK"), namesOaep ? oaep : new PublicKey(endorsement), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        // Critical and of nobody's knowledge.
        leaf.CertificateExtensions.Add(new X509Extension("1.2.3.4.5", [5, 0], true));
        using X509Certificate2 issued = leaf.Create(name, X509SignatureGenerator.CreateForRSA(authority, RSASignaturePadding.Pkcs1), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(5), [0x85, 1, 2]);
        TpmtPublic template = KeyTemplates.EndorsementRsa2048;
        CertifiedKey key = _key with
        {
            EndorsementKey = new TpmtPublic
            {
                NameAlg = template.NameAlg,
                ObjectAttributes = template.ObjectAttributes,
                AuthPolicy = template.AuthPolicy,
                Parameters = template.Parameters,
                Unique = endorsement.ExportParameters(false).Modulus!,
            },
            EndorsementCertificates = [issued.RawData],
        };
        CertificationReport report = Ask(key, root.RawData);
        string reason = report.Reason(CertificationCheck.Endorsement);
        Assert.Contains("critical extension that is not known, 1.2.3.4.5", reason, StringComparison.Ordinal);
        if (namesOaep)
        {
            // Whether a platform builds the chain of such a certificate differs.
            Assert.Contains("RSAES-OAEP", reason, StringComparison.Ordinal);
            Assert.NotEqual(CertificationVerdict.Refused, report.Verdict);
            return;
        }
        Assert.EndsWith("leads to the trusted root 'CN=Maker'. That the attestation key is in the same TPM takes a challenge of that TPM, or that the attestation key is known.", reason, StringComparison.Ordinal);
        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);

        // The platform that makes the certificate writes only positive numbers: the sign is set in what it wrote, as a maker's faulty encoder does, and signed anew.
        using X509Certificate2 negative = Negative(issued, authority);
        CertificationReport told = Ask(key with { EndorsementCertificates = [negative.RawData] }, root.RawData);
        Assert.Contains("serial number that is not positive", told.Reason(CertificationCheck.Endorsement), StringComparison.Ordinal);
        Assert.Equal(CertificationVerdict.Confirmed, told.Verdict);
    }

    private static X509Certificate2 Negative(X509Certificate2 certificate, RSA authority)
    {
        var parts = Org.BouncyCastle.Asn1.Asn1Sequence.GetInstance(certificate.RawData);
        var signed = Org.BouncyCastle.Asn1.Asn1Sequence.GetInstance(parts[0]);
        Org.BouncyCastle.Asn1.Asn1Encodable[] fields = [.. signed];
        fields[1] = new Org.BouncyCastle.Asn1.DerInteger(Org.BouncyCastle.Math.BigInteger.ValueOf(-77));
        var altered = new Org.BouncyCastle.Asn1.DerSequence(fields);
        byte[] value = authority.SignData(altered.GetEncoded(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return X509CertificateLoader.LoadCertificate(new Org.BouncyCastle.Asn1.DerSequence(altered, parts[1], new Org.BouncyCastle.Asn1.DerBitString(value)).GetEncoded());
    }

    private void Tolerated(byte[] certificate, string finding)
    {
        CertificationReport report = Ask(_key with { EndorsementCertificates = [certificate, .. _key.EndorsementCertificates.Skip(1)] });
        Assert.Contains(finding, report.Reason(CertificationCheck.Endorsement), StringComparison.Ordinal);
        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);
        Assert.DoesNotContain(finding, Ask(_key).Reason(CertificationCheck.Endorsement), StringComparison.Ordinal);
    }

    private CertificationReport Ask(CertifiedKey key, params byte[][] roots) => Examine(key, key.Asking() with { TrustedRoots = roots.Length == 0 ? _roots : roots });
}

using System.IO;
using System.Security.Cryptography;
using System.Xml.Schema;
using System.Xml.Linq;
using TpmMigration.Attestation;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Interop;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Attestation.CertifyingMachine;

namespace TpmMigration.Tests.Attestation;

/// <summary>Others verify our certifications, and we verify those that others make.</summary>
public sealed class ToolsCertificationTests
{
    [Fact]
    public void Our_statements_verify_with_tpm2_verifysignature_and_openssl()
    {
        using var machine = new Machine();
        machine.Create("k");
        CertifiedKey key = machine.Certify("k", [1, 2, 3]);
        SimulatedTpm tpm = machine.Tpm;
        TpmtPublic signer = key.Certification.AttestationKey;
        tpm.WriteFile("ak.pub", signer.MarshalSized());
        tpm.Tpm2("loadexternal", "-C", "n", "-u", "ak.pub", "-c", "ak.ctx");
        using ECDsa ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = signer.Point!.X, Y = signer.Point.Y } });
        File.WriteAllText(Path.Combine(tpm.WorkDirectory, "ak.pem"), ecdsa.ExportSubjectPublicKeyInfoPem());
        foreach ((byte[] statement, TpmtSignature signature) in new[] { (key.Certification.Statement, key.Certification.Signature), (key.Creation!.Statement, key.Creation.Signature) })
        {
            tpm.WriteFile("statement", statement);
            tpm.WriteFile("signature", signature.Marshal());
            tpm.Tpm2("verifysignature", "-c", "ak.ctx", "-g", "sha256", "-m", "statement", "-s", "signature");
            tpm.WriteFile("signature.der", Der(signature));
            Assert.Contains("Verified OK", tpm.Tool("openssl", "dgst", "-sha256", "-verify", "ak.pem", "-signature", "signature.der", "statement"), System.StringComparison.Ordinal);
            statement[^1] ^= 1;
            tpm.WriteFile("statement", statement);
            Assert.Throws<ToolFailedException>(() => tpm.Tpm2("verifysignature", "-c", "ak.ctx", "-g", "sha256", "-m", "statement", "-s", "signature"));
        }
    }

    [Theory]
    [InlineData("ecc256:ecdsa-sha256:null", "ecdsa", "ecc")]
    [InlineData("rsa2048:rsapss-sha256:null", "rsapss", "rsa")]
    [InlineData("rsa2048:rsassa-sha384:null", "rsassa", "ecc")]
    public void What_tpm2_certify_and_tpm2_certifycreation_make_is_confirmed(string attestationKey, string scheme, string algorithm)
    {
        using var tpm = SimulatedTpm.Start();
        tpm.Tpm2("createprimary", "-C", "o", "-G", "ecc", "-c", "root.ctx");
        tpm.Tpm2("readpublic", "-c", "root.ctx", "-o", "root.pub");
        tpm.Tpm2("create", "-C", "root.ctx", "-G", attestationKey, "-u", "ak.pub", "-r", "ak.priv", "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign");
        tpm.Tpm2("load", "-C", "root.ctx", "-u", "ak.pub", "-r", "ak.priv", "-c", "ak.ctx");
        tpm.Tpm2("create", "-C", "root.ctx", "-G", algorithm, "-u", "key.pub", "-r", "key.priv", "--creation-data", "made.data", "-d", "made.hash", "-t", "made.ticket", "-a", "sensitivedataorigin|userwithauth|sign");
        tpm.Tpm2("load", "-C", "root.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        string hash = attestationKey.Contains("384", System.StringComparison.Ordinal) ? "sha384" : "sha256";
        tpm.Tpm2("certify", "-c", "key.ctx", "-C", "ak.ctx", "-g", hash, "--scheme", scheme, "-o", "statement", "-s", "signature", "-f", "tss");
        tpm.Tpm2("certifycreation", "-C", "ak.ctx", "-c", "key.ctx", "-d", "made.hash", "-t", "made.ticket", "-q", "00ff55aa", "-g", hash, "-s", scheme, "-o", "made.signature", "--attestation", "made.statement", "-f", "tss");

        TpmtPublic publicArea = TpmtPublic.UnmarshalSized(tpm.ReadFile("key.pub"));
        var key = new CertifiedKey
        {
            HostName = "host",
            Created = new(2026, 1, 2, 3, 4, 5, System.DateTimeKind.Utc),
            KeyName = "k",
            TpmName = publicArea.Name,
            PublicArea = publicArea,
            Nonce = [0x00, 0xFF, 0x55, 0xAA], // What tpm2_certify takes of its own accord.
            Ancestors = [TpmtPublic.UnmarshalSized(tpm.ReadFile("root.pub"))],
            Certification = new KeyCertification(TpmtPublic.UnmarshalSized(tpm.ReadFile("ak.pub")), tpm.ReadFile("statement"), TpmtSignature.Unmarshal(tpm.ReadFile("signature"))),
            Creation = new CreationCertification(tpm.ReadSizedFile("made.data"), tpm.ReadFile("made.statement"), TpmtSignature.Unmarshal(tpm.ReadFile("made.signature"))),
        };
        CertificationReport report = Examine(key, key.Asking());
        Assert.Empty(report.Checks(CertificationAnswer.Failed));
        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);
        Assert.True(report.IsMadeThere);
    }

    [Fact]
    public void A_certification_is_of_its_schema()
    {
        using var machine = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
        machine.CreateCertifiable("cmk", MakeAuthorities(3), 2);
        machine.Run(TpmMigration.Keys.PlatformSigningKey.Ensure);
        var schemas = new XmlSchemaSet();
        schemas.Add(null, Path.Combine(RepositoryFolder.Path, "schemas", "KeyCertification.xsd"));
        CertifiedKey full = machine.Certify("cmk", [1]), slight = machine.Certify(TpmMigration.Keys.PlatformSigningKey.Name) with { Ancestors = null, EndorsementKey = null, EndorsementCertificates = [] };
        Assert.NotEmpty(full.EndorsementCertificates);
        foreach (CertifiedKey key in new[] { full, slight, full with { Ancestors = [], SelectionAuthorities = [[1, 2]] } })
        {
            XDocument document = XDocument.Parse(CertificationDocument.Write(key));
            document.Validate(schemas, (_, e) => Assert.Fail(e.Message));
            document.Root!.Add(new XElement("more"));
            Assert.Throws<XmlSchemaValidationException>(() => document.Validate(schemas, null));
        }
    }

    private static byte[] Der(TpmtSignature signature) => new Org.BouncyCastle.Asn1.DerSequence(
        new Org.BouncyCastle.Asn1.DerInteger(new Org.BouncyCastle.Math.BigInteger(1, signature.R)),
        new Org.BouncyCastle.Asn1.DerInteger(new Org.BouncyCastle.Math.BigInteger(1, signature.S!))).GetEncoded();
}

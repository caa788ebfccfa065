using System;
using System.Security.Cryptography;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Attestation.CertifyingMachine;

namespace TpmMigration.Tests.Attestation;

/// <summary>Certifications that somebody altered, or made of parts of others, or with a key that is no attestation key.</summary>
public sealed class ForgedCertificationTests : IClassFixture<ForgedCertificationTests.Certified>
{
    private readonly Certified _certified;

    public ForgedCertificationTests(Certified certified) => _certified = certified;

    /// <summary>Two CMKs of one TPM with their certifications.</summary>
    public sealed class Certified : IDisposable
    {
        public Certified()
        {
            Authorities = CertifyingMachine.MakeAuthorities(1);
            Machine.CreateCertifiable("one", Authorities);
            Machine.CreateCertifiable("two", Authorities);
            One = Machine.Certify("one");
            Two = Machine.Certify("two");
        }

        internal Machine Machine { get; } = new();

        internal SelectionAuthority[] Authorities { get; }

        internal CertifiedKey One { get; }

        internal CertifiedKey Two { get; }

        public void Dispose() => Machine.Dispose();
    }

    [Fact]
    public void What_is_not_altered_is_confirmed() => Assert.Equal(CertificationVerdict.Confirmed, Report(_certified.One).Verdict);

    [Fact]
    public void No_byte_of_statement_or_signature_can_be_altered()
    {
        byte[] statement = _certified.One.Certification.Statement;
        for (int i = 0; i < statement.Length; i++)
            Failed(WithCertification(c => c with { Statement = Flip(statement, i) }), CertificationCheck.Signature);
        TpmtSignature signature = _certified.One.Certification.Signature;
        for (int i = 0; i < signature.R.Length; i++)
            Failed(WithCertification(c => c with { Signature = signature with { R = Flip(signature.R, i) } }), CertificationCheck.Signature);
        byte[] made = _certified.One.Creation!.Statement, data = _certified.One.Creation.Data;
        for (int i = 0; i < made.Length; i++)
            Failed(_certified.One with { Creation = _certified.One.Creation with { Statement = Flip(made, i) } }, CertificationCheck.Creation);
        for (int i = 0; i < data.Length; i++)
            Failed(_certified.One with { Creation = _certified.One.Creation with { Data = Flip(data, i) } }, CertificationCheck.Creation);
    }

    [Fact]
    public void No_attribute_and_no_policy_can_be_altered()
    {
        foreach (TpmaObject attribute in new[] { TpmaObject.FixedTpm, TpmaObject.FixedParent, TpmaObject.NoDa, TpmaObject.EncryptedDuplication, TpmaObject.Decrypt })
        {
            TpmtPublic altered = Scene.Altered(_certified.One.PublicArea, attribute);
            Failed(_certified.One with { PublicArea = altered, TpmName = altered.Name }, CertificationCheck.Name);
            Failed(_certified.One with { PublicArea = altered }, CertificationCheck.Name);
        }
        TpmtPublic other = Scene.Altered(_certified.One.PublicArea, policy: KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, [KeyPolicies.MigratableBranch], false).AuthPolicy);
        Failed(_certified.One with { PublicArea = other, TpmName = other.Name }, CertificationCheck.Name);
        Failed(_certified.One with { TpmName = _certified.Two.TpmName }, CertificationCheck.Name);
    }

    [Fact]
    public void Parts_of_the_certification_of_another_key_prove_nothing_of_this()
    {
        CertifiedKey one = _certified.One, two = _certified.Two;
        Failed(one with { PublicArea = two.PublicArea, TpmName = two.TpmName }, CertificationCheck.Name);
        Failed(one with { Certification = two.Certification }, CertificationCheck.Name);
        Failed(one with { Creation = two.Creation }, CertificationCheck.Creation);
        Failed(one with { Creation = one.Creation! with { Data = two.Creation!.Data, Statement = two.Creation.Statement, Signature = two.Creation.Signature } }, CertificationCheck.Creation);
        // A statement of one command in the place of the other's.
        Failed(WithCertification(c => new KeyCertification(c.AttestationKey, one.Creation!.Statement, one.Creation.Signature)), CertificationCheck.Signature);
        Failed(one with { Creation = one.Creation! with { Statement = one.Certification.Statement, Signature = one.Certification.Signature } }, CertificationCheck.Creation);
    }

    [Fact]
    public void A_TPMs_signing_key_that_is_not_restricted_is_no_attestation_key()
    {
        KeyCertification certification = _certified.Machine.Run(loader =>
        {
            PlatformSigningKey.Ensure(loader);
            TpmObject signer = loader.Load(loader.Store.Find(PlatformSigningKey.Name)!.Require());
            TpmObject key = loader.Load(loader.Store.Find("one")!.Require());
            CertifyResponse response = loader.Device.Execute(
                new Certify { ObjectHandle = key.Handle, SignHandle = signer.Handle }, TpmAuthorization.Empty, TpmAuthorization.Empty);
            loader.Device.Flush(key.Handle);
            loader.Device.Flush(signer.Handle);
            return new KeyCertification(signer.PublicArea, response.CertifyInfo, response.Signature);
        });
        CertifiedKey key = _certified.One with { Certification = certification, Creation = null };
        Failed(key, CertificationCheck.AttestationKey);
    }

    [Fact]
    public void An_attestation_key_that_certifies_itself_says_nothing()
    {
        KeyCertification certification = _certified.Machine.Run(loader =>
        {
            TpmObject key = AttestationKey.Load(loader);
            CertifyResponse response = loader.Device.Execute(
                new Certify { ObjectHandle = key.Handle, SignHandle = key.Handle }, TpmAuthorization.Empty, TpmAuthorization.Empty);
            loader.Device.Flush(key.Handle);
            return new KeyCertification(key.PublicArea, response.CertifyInfo, response.Signature);
        });
        TpmtPublic itself = certification.AttestationKey;
        CertifiedKey key = _certified.One with { PublicArea = itself, TpmName = itself.Name, Policy = [], Certification = certification, Creation = null };
        CertificationReport report = Examine(key, new CertificationQuestions { AttestationKeys = [itself.Name] });
        Assert.Equal([CertificationCheck.AttestationKey], report.Checks(CertificationAnswer.Failed));
        Assert.Contains("certifies itself", report.Reason(CertificationCheck.AttestationKey), StringComparison.Ordinal);
    }

    [Fact]
    public void What_software_made_up_is_refused_where_the_attestation_key_is_known_and_never_confirmed()
    {
        using ECDsa forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = forger.ExportParameters(false).Q;
        TpmtPublic template = KeyTemplates.Attestation;
        var claimed = new TpmtPublic
        {
            NameAlg = template.NameAlg,
            ObjectAttributes = template.ObjectAttributes,
            Parameters = template.Parameters,
            Point = new TpmsEccPoint(point.X!, point.Y!),
        };
        byte[] signature = forger.SignData(_certified.One.Certification.Statement, HashAlgorithmName.SHA256);
        CertifiedKey key = _certified.One with
        {
            Certification = new KeyCertification(claimed, _certified.One.Certification.Statement, new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, signature[..32], signature[32..])),
            Creation = null,
        };
        Assert.Equal(CertificationVerdict.NotProven, Examine(key, new CertificationQuestions()).Verdict);
        Failed(key, CertificationCheck.KnownAttestationKey);
    }

    [Fact]
    public void A_document_that_is_none_or_says_more_than_it_may_is_malformed()
    {
        string document = CertificationDocument.Write(_certified.One);
        Assert.Equal(document, CertificationDocument.Write(CertificationDocument.Read(document)));
        foreach (string altered in new[]
        {
            "no document", document[..400], document.Replace("keyName=", "more=\"\" keyName=", StringComparison.Ordinal), document.Replace("<Creation>", "<Creation><More/>", StringComparison.Ordinal),
            document.Replace("<Certification>", "<Certification>&#x41;", StringComparison.Ordinal), document.Replace("certification:1", "certification:2", StringComparison.Ordinal),
            document.Replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<!DOCTYPE KeyCertification>", StringComparison.Ordinal),
        })
        {
            Assert.NotEqual(document, altered);
            Assert.Equal(CertificationFault.Malformed, Assert.Throws<CertificationException>(() => CertificationDocument.Read(altered)).Fault);
        }
    }

    private CertifiedKey WithCertification(Func<KeyCertification, KeyCertification> change) => _certified.One with { Certification = change(_certified.One.Certification) };

    private CertificationReport Report(CertifiedKey key) => Examine(key, _certified.One.Asking(_certified.Authorities));

    private void Failed(CertifiedKey key, CertificationCheck check)
    {
        CertificationReport report = Report(key);
        Assert.Equal(CertificationVerdict.Refused, report.Verdict);
        Assert.Contains(check, report.Checks(CertificationAnswer.Failed));
        Assert.False(report.IsMadeThere);
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] altered = [.. bytes];
        altered[at] ^= 1;
        return altered;
    }
}

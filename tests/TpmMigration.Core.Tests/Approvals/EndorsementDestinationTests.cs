using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Approvals;

/// <summary>A destination of which nothing is known but an endorsement certificate.</summary>
public sealed class EndorsementDestinationTests : IDisposable
{
    private readonly EndorsementAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void The_TPM_name_of_an_endorsement_key_follows_from_its_certificate_alone()
    {
        using var machine = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
        (uint Handle, uint Index)[] manufactured = [(0x81010001, 0x01C00002), (0x81010016, 0x01C00016)];
        foreach ((uint handle, uint index) in manufactured)
        {
            TpmtPublic key = machine.Run(loader => PersistentKeys.Read(loader.Device, handle)!.PublicArea);
            EndorsementCertificate certificate = EndorsementCertificate.Read(CertificateOf(machine, index));
            Assert.Equal(key.Marshal(), certificate.PublicArea.Marshal());
            Assert.Null(certificate.Remark);
        }
        // Other tools make the keys of the low range alike.
        foreach (string algorithm in (string[])["rsa", "ecc"])
        {
            machine.Tpm.Tool("tpm2_createek", "-G", algorithm, "-c", algorithm + ".ctx", "-u", algorithm + ".pub");
            machine.Tpm.Tool("tpm2_flushcontext", "-t");
            TpmtPublic key = TpmtPublic.UnmarshalSized(File.ReadAllBytes(Path.Combine(machine.Tpm.WorkDirectory, algorithm + ".pub")));
            Assert.Equal(key.Marshal(), EndorsementCertificate.Read(_authority.Issue(key.ToAsymmetric())).PublicArea.Marshal());
        }
    }

    [Fact]
    public void A_certificate_that_names_RSAES_OAEP_gives_the_same_key()
    {
        RsaPublic key = Rsa(2048);
        Assert.Equal(key.Modulus, EndorsementCertificate.Read(_authority.Issue(key, oaep: true)).PublicArea.Unique);
        // Not every platform verifies what is above such a certificate; none says that it is for another key.
        Assert.Contains(Examine(_authority.Issue(key, oaep: true)).EndorsementCertificate, (EvidenceVerdict[])[EvidenceVerdict.Proven, EvidenceVerdict.Unreadable]);
    }

    [Fact]
    public void The_manufacturers_root_proves_the_endorsement_key_and_nothing_else_is_missing()
    {
        foreach (AsymmetricPublic key in (AsymmetricPublic[])[Rsa(2048), Rsa(3072), Ecc(TpmEccCurve.NistP256), Ecc(TpmEccCurve.NistP384)])
        {
            DestinationVerdict verdict = Examine(_authority.Issue(key));
            Assert.True(verdict.IsProven);
            Assert.Equal((EvidenceVerdict.Proven, EvidenceVerdict.NotApplicable), (verdict.EndorsementCertificate, verdict.ParentCertification));
            Assert.Equal("The endorsement certificate leads to the trusted root 'CN=Manufacturer'.", Assert.Single(verdict.Findings));
        }
    }

    [Fact]
    public void The_certificate_of_a_simulated_manufacturer_leads_to_its_root()
    {
        using var machine = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
        MigrationDestination destination = Destination(CertificateOf(machine, 0x01C00016), Pem(SimulatedManufacturer.IssuerCertificatePath));
        Assert.True(DestinationExaminer.RequireApprovable(destination, [Pem(SimulatedManufacturer.RootCertificatePath)], acceptUnproven: false).IsProven);
        Assert.Equal(DestinationFault.Unproven, Refusal(destination, _authority.Root).Fault);
    }

    [Fact]
    public void A_self_made_endorsement_key_is_refused_unless_somebody_answers_for_it()
    {
        using EndorsementAuthority forger = new("Forger"), namesake = new();
        Assert.Contains("not among the trusted roots", Refusal(Destination(forger.Issue(Rsa(2048))), _authority.Root).Message, StringComparison.Ordinal);
        foreach (MigrationDestination destination in (MigrationDestination[])[Destination(forger.Issue(Rsa(2048)), forger.Root), Destination(namesake.Issue(Rsa(2048))), Destination(namesake.Issue(Rsa(2048)), namesake.Root)])
        {
            Assert.Equal(DestinationFault.Unproven, Refusal(destination, _authority.Root).Fault);
            Assert.Equal(DestinationFault.Unproven, Refusal(destination).Fault);
            DestinationVerdict accepted = DestinationExaminer.RequireApprovable(destination, [_authority.Root], acceptUnproven: true);
            Assert.False(accepted.IsProven);
            Assert.Equal(EvidenceVerdict.NotTrusted, accepted.EndorsementCertificate);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2.23.133.8.3")]
    [InlineData("1.3.6.1.5.5.7.3.2")]
    public void A_certificate_that_was_issued_for_something_else_proves_nothing(string? usage)
    {
        // The root is the manufacturer's, and the key may be in anybody's software.
        MigrationDestination destination = Destination(_authority.Issue(Rsa(2048), usage));
        DestinationException refusal = Refusal(destination, _authority.Root);
        Assert.Equal(DestinationFault.Unproven, refusal.Fault);
        Assert.Contains("It does not say that it was issued for an endorsement key", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_for_another_key_contradicts_the_destination_whatever_is_accepted()
    {
        MigrationDestination destination = Destination(_authority.Issue(Rsa(2048))) with { EndorsementCertificates = [_authority.Issue(Rsa(2048))] };
        foreach (bool accept in (bool[])[false, true])
            Assert.Equal(DestinationFault.EvidenceContradicted, Assert.Throws<DestinationException>(() => DestinationExaminer.RequireApprovable(destination, [_authority.Root], accept)).Fault);
    }

    [Fact]
    public void An_endorsement_key_without_certificate_is_unproven()
    {
        MigrationDestination destination = Destination(_authority.Issue(Rsa(2048))) with { EndorsementCertificates = [] };
        Assert.Equal(DestinationFault.Unproven, Refusal(destination, _authority.Root).Fault);
    }

    [Fact]
    public void A_malformed_certificate_gives_its_key_and_a_remark_and_proves_nothing()
    {
        RsaPublic key = Rsa(2048);
        byte[] good = _authority.Issue(key);
        // No serial number; a boolean that says nothing; a size that is too large.
        int serial = 4 + 4 + 5;
        byte[] noSerial = [.. good[..(serial + 1)], 0, .. good[(serial + 2 + good[serial + 1])..]];
        int shorter = good.Length - noSerial.Length;
        Shorten(noSerial, 2, shorter);
        Shorten(noSerial, 6, shorter);
        byte[] tooLong = [.. good];
        Shorten(tooLong, 2, -50);
        Assert.Equal(0x02, good[serial]);
        foreach (byte[] bad in (byte[][])[noSerial, tooLong])
        {
            EndorsementCertificate certificate = EndorsementCertificate.Read(bad);
            Assert.Equal(key.Modulus, certificate.PublicArea.Unique);
            Assert.StartsWith("The endorsement certificate is not well-formed.", certificate.Remark, StringComparison.Ordinal);
            MigrationDestination destination = DestinationMaker.Make(certificate, "b", []);
            Assert.Equal(EvidenceVerdict.Unreadable, DestinationExaminer.Examine(destination, [_authority.Root]).EndorsementCertificate);
            Assert.Equal(DestinationFault.Unproven, Refusal(destination, _authority.Root).Fault);
        }
        // As it lies in an index that is larger: told, and no fault of the certificate.
        EndorsementCertificate padded = EndorsementCertificate.Read([.. good, .. new byte[100]]);
        Assert.Equal(good, padded.Der);
        Assert.StartsWith("The endorsement certificate is followed by 100 bytes of padding", padded.Remark, StringComparison.Ordinal);
    }

    [Fact]
    public void What_holds_no_endorsement_key_is_refused()
    {
        byte[] good = _authority.Issue(Rsa(2048));
        foreach (byte[] bytes in (byte[][])[[], [0x30], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], Encoding.ASCII.GetBytes("certificate"), good[..200], .. Enumerable.Range(0, 40).Select(i => good[..(i * 6)])])
            Assert.Equal(DestinationFault.CertificateUnreadable, Assert.Throws<DestinationException>(() => EndorsementCertificate.Read(bytes)).Fault);
        foreach (AsymmetricPublic other in (AsymmetricPublic[])[Ecc(TpmEccCurve.NistP521), Rsa(1024)])
            Assert.Equal(DestinationFault.EndorsementKeyUnsupported, Assert.Throws<DestinationException>(() => EndorsementCertificate.Read(_authority.Issue(other))).Fault);
        // A point beside the curve.
        EccPublic key = Ecc(TpmEccCurve.NistP256);
        byte[] beside = _authority.Issue(key);
        beside[beside.AsSpan().IndexOf(key.Y) + 31] ^= 1;
        Assert.Equal(DestinationFault.CertificateUnreadable, Assert.Throws<DestinationException>(() => EndorsementCertificate.Read(beside)).Fault);
    }

    [Fact]
    public void The_document_says_what_it_is_and_is_read_as_that_alone()
    {
        MigrationDestination destination = Destination(_authority.Issue(Rsa(2048)), _authority.Root);
        string text = DestinationDocument.Write(destination);
        MigrationDestination read = DestinationDocument.Read(text);
        Assert.Equal(DestinationKind.EndorsementKey, read.Kind);
        Assert.Equal(text, DestinationDocument.Write(read));

        Assert.Equal(DestinationFault.Malformed, Fault(text.Replace("\"EndorsementKey\"", "\"StorageKey\"", StringComparison.Ordinal)));
        Assert.Equal(DestinationFault.Malformed, Fault(DestinationDocument.Write(destination with { Parent = Scene.Altered(destination.Parent, policy: []) })));
        Assert.Equal(DestinationFault.Malformed, Fault(DestinationDocument.Write(destination with { Parent = KeyTemplates.StorageRoot })));
        using var machine = new Machine();
        Assert.Equal(DestinationFault.Malformed, Fault(DestinationDocument.Write(destination with { Certification = machine.Destination().Certification })));
        Assert.Equal(DestinationFault.Altered, Fault(DestinationDocument.Write(destination with { EndorsementKey = Destination(_authority.Issue(Rsa(2048))).Parent })));

        static DestinationFault Fault(string document) => Assert.Throws<DestinationException>(() => DestinationDocument.Read(document)).Fault;
    }

    private DestinationVerdict Examine(byte[] certificate) => DestinationExaminer.Examine(Destination(certificate), [_authority.Root]);

    private static DestinationException Refusal(MigrationDestination destination, params byte[][] roots) =>
        Assert.Throws<DestinationException>(() => DestinationExaminer.RequireApprovable(destination, roots, acceptUnproven: false));

    private static MigrationDestination Destination(byte[] certificate, params byte[][] higher) =>
        DestinationMaker.Make(EndorsementCertificate.Read(certificate), "b", higher);

    private static byte[] CertificateOf(Machine machine, uint index)
    {
        string file = Path.Combine(machine.Tpm.WorkDirectory, "ek.crt");
        machine.Tpm.Tool("tpm2_nvread", $"0x{index:X8}", "-o", file);
        return File.ReadAllBytes(file);
    }

    private static byte[] Pem(string path) => CertificateText.Split(File.ReadAllBytes(path))[0];

    private static void Shorten(byte[] der, int at, int by)
    {
        int length = (der[at] << 8) + der[at + 1] - by;
        (der[at], der[at + 1]) = ((byte)(length >> 8), (byte)length);
    }

    private static RsaPublic Rsa(int bits)
    {
        using var key = RSA.Create(bits);
        return new RsaPublic(key.ExportParameters(false).Modulus!, 65537);
    }

    private static EccPublic Ecc(TpmEccCurve curve)
    {
        using var key = ECDsa.Create(curve switch
        {
            TpmEccCurve.NistP256 => ECCurve.NamedCurves.nistP256,
            TpmEccCurve.NistP384 => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        });
        ECPoint point = key.ExportParameters(false).Q;
        return new EccPublic(curve, point.X!, point.Y!);
    }
}

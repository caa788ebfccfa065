using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Approvals;

/// <summary>Signers over PFX files that OpenSSL made, and over certificate objects and stores.</summary>
public sealed class CertificateSignerTests : IDisposable
{
    private const string Password = "correct horse";

    internal static readonly byte[] Digest = TpmHash.Digest(TpmAlgId.Sha256, Encoding.UTF8.GetBytes("a document"));

    private readonly TemporaryFolder _folder = new("signer-");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("rsa:2048", SignatureScheme.RsaSha256, 256)]
    [InlineData("rsa:3072", SignatureScheme.RsaSha256, 384)]
    [InlineData("ec:P-256", SignatureScheme.EcdsaSha256, 64)]
    [InlineData("ec:P-384", SignatureScheme.EcdsaSha256, 96)]
    public void A_PFX_file_signs_so_that_the_platforms_cryptography_verifies_it(string type, SignatureScheme scheme, int size)
    {
        byte[] pfx = MakePfx(type);
        using CertificateSigner signer = PfxSigner.Open(pfx, "x.pfx", Encoding.UTF8.GetBytes(Password));
        byte[] value = signer.Sign(Digest);

        Assert.Equal(scheme, signer.Identity.Scheme);
        Assert.Equal(size, value.Length);
        CertificateIdentity identity = Assert.IsType<CertificateIdentity>(signer.Identity);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(identity.Certificates[0]);
        Assert.Equal("CN=Signer", certificate.Subject);
        using RSA? rsa = certificate.GetRSAPublicKey();
        using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
        Assert.True(rsa?.VerifyHash(Digest, value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? ecdsa!.VerifyHash(Digest, value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("another-pony")]
    public void A_wrong_password_is_said_to_be_wrong_and_not_repeated(string password)
    {
        SignerException refusal = Assert.Throws<SignerException>(() => PfxSigner.Open(MakePfx("ec:P-256"), "x.pfx", Encoding.UTF8.GetBytes(password)));
        Assert.Equal(SignerFault.Password, refusal.Fault);
        Assert.DoesNotContain(password.Length == 0 ? Password : password, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_PFX_file_without_a_password_is_opened_without_one() =>
        PfxSigner.Open(MakePfx("ec:P-256", password: ""), "x.pfx", []).Dispose();

    [Fact]
    public void A_password_beyond_ASCII_that_cannot_be_used_is_not_called_wrong()
    {
        SignerException refusal = Assert.Throws<SignerException>(() => PfxSigner.Open(MakePfx("ec:P-256", "pässwörd"), "x.pfx", Encoding.UTF8.GetBytes("pässwörd")));
        Assert.Equal(SignerFault.Unreadable, refusal.Fault);
        Assert.Contains("ASCII", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pässwörd", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_chain_goes_along()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        using X509Certificate2 leaf = TestCertificates.Make("Leaf", root);
        using CertificateSigner signer = PfxSigner.Open(Pfx([leaf, X509CertificateLoader.LoadCertificate(root.RawData)]), "x.pfx", Encoding.UTF8.GetBytes(Password));
        Assert.Equal([leaf.RawData, root.RawData], Assert.IsType<CertificateIdentity>(signer.Identity).Certificates);
    }

    [Fact]
    public void Without_a_private_key_or_with_several_nothing_is_signed()
    {
        using X509Certificate2 a = TestCertificates.Make("A"), b = TestCertificates.Make("B");
        Assert.Equal(SignerFault.NoPrivateKey, Fault(() => Open(Pfx([X509CertificateLoader.LoadCertificate(a.RawData)]))));
        Assert.Equal(SignerFault.Several, Fault(() => Open(Pfx([a, b]))));
        Assert.Equal(SignerFault.NoPrivateKey, Fault(() => CertificateStoreSigner.Open(X509CertificateLoader.LoadCertificate(a.RawData))));
    }

    [Fact]
    public void A_certificate_out_of_its_time_or_not_for_signatures_does_not_sign()
    {
        using X509Certificate2 old = TestCertificates.Make("Old", untilDays: -1), young = TestCertificates.Make("Young", fromDays: 1);
        using X509Certificate2 web = TestCertificates.Make("Web", usage: X509KeyUsageFlags.CrlSign);
        Assert.Equal(SignerFault.Expired, Fault(() => Open(Pfx([old]))));
        Assert.Equal(SignerFault.Expired, Fault(() => CertificateStoreSigner.Open(old)));
        Assert.Equal(SignerFault.NotYetValid, Fault(() => Open(Pfx([young]))));
        Assert.Equal(SignerFault.Unsuitable, Fault(() => Open(Pfx([web]))));
    }

    [Theory]
    [InlineData("rsa:1024")]
    [InlineData("ec:P-521")]
    public void A_key_that_is_not_allowed_does_not_sign(string type) => Assert.Equal(SignerFault.Unsuitable, Fault(() => Open(MakePfx(type))));

    [Fact]
    public void What_is_no_PFX_file_is_said_to_be_none()
    {
        byte[] good = MakePfx("ec:P-256");
        Assert.Equal(SignerFault.Unreadable, Fault(() => Open([])));
        Assert.Equal(SignerFault.Unreadable, Fault(() => Open(Encoding.ASCII.GetBytes("-----BEGIN CERTIFICATE-----"))));
        for (int length = 1; length < good.Length; length += 97)
            Assert.Equal(SignerFault.Unreadable, Fault(() => Open(good.Take(length).ToArray())));
    }

    [Fact]
    public void Damage_anywhere_is_an_error_of_the_signer_or_does_no_harm()
    {
        byte[] good = MakePfx("ec:P-256");
        for (int at = 0; at < good.Length; at += 41)
        {
            byte[] damaged = [.. good];
            damaged[at] ^= 0x55;
            try
            {
                using CertificateSigner signer = Open(damaged);
                Assert.True(signer.Identity.Verifies(Digest, signer.Sign(Digest)));
            }
            catch (SignerException e)
            {
                Assert.Contains(e.Fault, new[] { SignerFault.Unreadable, SignerFault.Password });
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_certificate_object_signs(bool rsa)
    {
        using X509Certificate2 certificate = rsa ? MakeRsa() : TestCertificates.Make("Object");
        using CertificateSigner signer = CertificateStoreSigner.Open(certificate);
        Assert.True(signer.Identity.Verifies(Digest, signer.Sign(Digest)));
    }

    [Fact]
    public void A_certificate_of_the_users_store_signs_by_thumbprint_and_by_path()
    {
        using X509Certificate2 made = TestCertificates.Make("In store");
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.PersistKeySet);
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        store.Add(certificate);
        try
        {
            foreach (string address in new[] { certificate.Thumbprint, @"Cert:\CurrentUser\My\" + certificate.Thumbprint, "cert:/currentuser/my/" + certificate.Thumbprint.ToUpperInvariant() })
            {
                using CertificateSigner signer = CertificateStoreSigner.Open(address);
                Assert.True(signer.Identity.Verifies(Digest, signer.Sign(Digest)));
            }
        }
        finally
        {
            store.Remove(certificate);
        }
        Assert.Equal(SignerFault.NotFound, Fault(() => CertificateStoreSigner.Open(certificate.Thumbprint)));
        Assert.Equal(SignerFault.NotFound, Fault(() => CertificateStoreSigner.Open(@"Cert:\LocalMachine\NoSuchStore\" + certificate.Thumbprint)));
        Assert.Equal(SignerFault.Address, Fault(() => CertificateStoreSigner.Open(@"Cert:\CurrentUser\My")));
    }

    [Fact]
    public void A_key_beside_the_wrong_certificate_is_found_out_when_it_signs()
    {
        using X509Certificate2 a = TestCertificates.Make("A"), b = TestCertificates.Make("B");
        using var signer = new CertificateSigner([a.RawData], new ForeignKey(b));
        Assert.Equal(SignerFault.Failed, Fault(() => signer.Sign(Digest)));
    }

    private sealed class ForeignKey(X509Certificate2 certificate) : ICertificateKey
    {
        public byte[] Sign(byte[] digest) => certificate.GetECDsaPrivateKey()!.SignHash(digest);

        public byte[]? TryDecrypt(byte[] encrypted) => throw new NotSupportedException();

        public byte[] Agree(EccPublic other, byte[] suffix) => throw new NotSupportedException();

        public void Dispose() { }
    }

    private static CertificateSigner Open(byte[] pfx) => PfxSigner.Open(pfx, "x.pfx", Encoding.UTF8.GetBytes(Password));

    private static SignerFault Fault(Action action) => Assert.Throws<SignerException>(action).Fault;

    private static byte[] Pfx(IEnumerable<X509Certificate2> certificates) => new X509Certificate2Collection(certificates.ToArray()).Export(X509ContentType.Pfx, Password)!;

    private static X509Certificate2 MakeRsa()
    {
        using RSA key = RSA.Create(2048);
        return new CertificateRequest("CN=Rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private byte[] MakePfx(string type, string password = Password)
    {
        string[] key = type.StartsWith("ec:", StringComparison.Ordinal) ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + type[3..]] : ["-newkey", type];
        Tool("openssl", ["req", "-x509", .. key, "-nodes", "-subj", "/CN=Signer", "-days", "3", "-keyout", _folder["key.pem"], "-out", _folder["certificate.pem"]]);
        Tool("openssl", ["pkcs12", "-export", "-inkey", _folder["key.pem"], "-in", _folder["certificate.pem"], "-out", _folder["x.pfx"], "-passout", "pass:" + password]);
        return File.ReadAllBytes(_folder["x.pfx"]);
    }

    internal static string Tool(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {error.GetAwaiter().GetResult()}");
        return output;
    }
}

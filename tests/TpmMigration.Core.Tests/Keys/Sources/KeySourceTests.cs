using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.Sources;

/// <summary>Keys in the files of other programs, here OpenSSL's.</summary>
public sealed class KeySourceTests(KeySourceFiles files) : IClassFixture<KeySourceFiles>
{
    private const string Password = "Übung-7";

    [Theory]
    [InlineData("rsa2048", "pkcs8.pem", "")]
    [InlineData("rsa2048", "pkcs8.der", "")]
    [InlineData("rsa2048", "encrypted.pem", Password)]
    [InlineData("rsa2048", "encrypted.der", Password)]
    [InlineData("rsa2048", "des3.pem", Password)]
    [InlineData("rsa2048", "own.pem", "")]
    [InlineData("rsa2048", "own.der", "")]
    [InlineData("rsa2048", "old.pem", Password)]
    [InlineData("rsa2048", "pfx", Password)]
    [InlineData("rsa2048", "empty.pfx", "")]
    [InlineData("rsa2048", "old.pfx", Password)]
    [InlineData("rsa3072", "pkcs8.pem", "")]
    [InlineData("rsa3072", "pfx", Password)]
    [InlineData("p256", "pkcs8.pem", "")]
    [InlineData("p256", "encrypted.pem", Password)]
    [InlineData("p256", "own.pem", "")]
    [InlineData("p256", "own.der", "")]
    [InlineData("p256", "old.pem", Password)]
    [InlineData("p256", "with-parameters.pem", "")]
    [InlineData("p256", "pfx", Password)]
    [InlineData("p384", "pkcs8.der", "")]
    [InlineData("p384", "own.pem", "")]
    [InlineData("p384", "pfx", Password)]
    public void A_key_is_read_from_each_form_in_which_OpenSSL_writes_it(string algorithm, string form, string password)
    {
        using KeySource source = KeySource.Load(files.Make(algorithm, form, Password), Encoding.UTF8.GetBytes(password));

        Assert.Equal(files.PublicKey(algorithm), Spki(source.Key.PublicKey));
        Assert.Equal(files.Secret(algorithm), source.Key.Secret);
        Assert.Equal(form.EndsWith("pfx", StringComparison.Ordinal) ? 2 : 0, source.Certificates.Count);
        if (source.Certificates.Count != 0)
            Assert.Equal(files.PublicKey(algorithm), System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(source.Certificates[0]).PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void Certificates_beside_a_key_in_PEM_come_along_the_keys_own_first()
    {
        byte[] bundle = [.. File.ReadAllBytes(files.Make("p256", "ca.pem", "")), .. File.ReadAllBytes(files.Make("p256", "pkcs8.pem", "")), .. File.ReadAllBytes(files.Make("p256", "certificate.pem", ""))];
        using KeySource source = KeySource.Read(bundle, []);
        Assert.Equal(2, source.Certificates.Count);
        Assert.Equal(files.PublicKey("p256"), System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(source.Certificates[0]).PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Theory]
    [InlineData("rsa2048", "encrypted.pem", "", KeySourceFault.PasswordNeeded)]
    [InlineData("rsa2048", "encrypted.der", "", KeySourceFault.PasswordNeeded)]
    [InlineData("rsa2048", "old.pem", "", KeySourceFault.PasswordNeeded)]
    [InlineData("rsa2048", "pfx", "", KeySourceFault.PasswordNeeded)]
    [InlineData("rsa2048", "encrypted.pem", "wrong", KeySourceFault.WrongPassword)]
    [InlineData("p256", "encrypted.der", "wrong", KeySourceFault.WrongPassword)]
    [InlineData("rsa2048", "old.pem", "wrong", KeySourceFault.WrongPassword)]
    [InlineData("rsa2048", "pfx", "wrong", KeySourceFault.WrongPassword)]
    [InlineData("rsa2048", "old.pfx", "wrong", KeySourceFault.WrongPassword)]
    [InlineData("rsa2048", "public.pem", "", KeySourceFault.NoPrivateKey)]
    [InlineData("rsa2048", "certificate.pem", "", KeySourceFault.NoPrivateKey)]
    [InlineData("rsa2048", "certificate.der", "", KeySourceFault.NoPrivateKey)]
    [InlineData("rsa2048", "certificates.pfx", Password, KeySourceFault.NoPrivateKey)]
    [InlineData("rsa1024", "pkcs8.pem", "", KeySourceFault.Unsupported)]
    [InlineData("rsa4096", "own.pem", "", KeySourceFault.Unsupported)]
    [InlineData("rsa4096", "pfx", Password, KeySourceFault.Unsupported)]
    [InlineData("exponent3", "pkcs8.pem", "", KeySourceFault.Unsupported)]
    [InlineData("p521", "pkcs8.pem", "", KeySourceFault.Unsupported)]
    [InlineData("k256", "own.pem", "", KeySourceFault.Unsupported)]
    [InlineData("explicit", "pkcs8.pem", "", KeySourceFault.Unsupported)]
    [InlineData("ed25519", "pkcs8.pem", "", KeySourceFault.Unsupported)]
    [InlineData("ed25519", "pfx", Password, KeySourceFault.Unsupported)]
    [InlineData("dsa", "pkcs8.pem", "", KeySourceFault.Unsupported)]
    public void What_cannot_be_taken_is_refused_with_its_reason(string algorithm, string form, string password, KeySourceFault fault)
    {
        string path = files.Make(algorithm, form, Password);
        KeySourceException refusal = Assert.Throws<KeySourceException>(() => KeySource.Load(path, Encoding.UTF8.GetBytes(password)));
        Assert.Equal(fault, refusal.Fault);
        Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_from_a_damaged_one() =>
        Assert.Equal(KeySourceFault.NotReadable, Assert.Throws<KeySourceException>(() => KeySource.Load("/nowhere/key.pfx", [])).Fault);

    [Fact]
    public void More_than_one_private_key_is_refused()
    {
        byte[] key = File.ReadAllBytes(files.Make("p256", "pkcs8.pem", ""));
        Assert.Equal(KeySourceFault.SeveralKeys, Assert.Throws<KeySourceException>(() => KeySource.Read([.. key, .. key], [])).Fault);
    }

    [Fact]
    public void A_certificate_of_another_key_is_refused()
    {
        byte[] bundle = [.. File.ReadAllBytes(files.Make("p256", "pkcs8.pem", "")), .. File.ReadAllBytes(files.Make("p384", "certificate.pem", ""))];
        Assert.Equal(KeySourceFault.Contradictory, Assert.Throws<KeySourceException>(() => KeySource.Read(bundle, [])).Fault);
    }

    [Fact]
    public void A_private_part_that_is_not_of_the_public_part_is_refused()
    {
        byte[] der = File.ReadAllBytes(files.Make("p256", "own.der", ""));
        der[7 + 20] ^= 1; // inside the scalar
        Assert.Equal(KeySourceFault.Contradictory, Assert.Throws<KeySourceException>(() => KeySource.Read(der, [])).Fault);
    }

    [Fact]
    public void A_file_larger_than_a_mebibyte_is_refused() =>
        Assert.Equal(KeySourceFault.TooLarge, Assert.Throws<KeySourceException>(() => KeySource.Read(new byte[KeySource.MaxBytes + 1], [])).Fault);

    [Theory]
    [InlineData(0x30)]
    [InlineData(0xA0)]
    [InlineData(0x24)]
    public void Structures_nested_without_end_are_refused(byte tag)
    {
        byte[] nested = new byte[KeySource.MaxBytes];
        for (int i = 0; i + 1 < nested.Length; i += 2) (nested[i], nested[i + 1]) = (tag, 0x80);
        Assert.Equal(KeySourceFault.Malformed, Assert.Throws<KeySourceException>(() => KeySource.Read(nested, [])).Fault);
    }

    [Theory]
    [InlineData("rsa2048", "own.der")]
    [InlineData("p256", "pkcs8.der")]
    [InlineData("p256", "own.pem")]
    [InlineData("p256", "encrypted.der")]
    [InlineData("p256", "encrypted.pem")]
    [InlineData("p256", "old.pem")]
    [InlineData("p256", "pfx")]
    public void A_file_that_was_altered_or_cut_off_is_refused_or_read_and_nothing_else(string algorithm, string form)
    {
        byte[] whole = File.ReadAllBytes(files.Make(algorithm, form, Password));
        byte[] password = Encoding.UTF8.GetBytes(Password);
        var random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 150; i++)
        {
            byte[] bad = [.. whole.Take(i % 3 == 0 ? random.Next(whole.Length) : whole.Length)];
            if (i % 3 != 0) bad[i < 90 ? random.Next(Math.Min(60, bad.Length)) : random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                KeySource.Read(bad, password).Dispose();
            }
            catch (KeySourceException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 50, 150);
    }

    [Fact]
    public void Disposing_clears_the_private_key()
    {
        KeySource source = KeySource.Load(files.Make("p256", "pkcs8.pem", ""), []);
        byte[] secret = source.Key.Secret;
        source.Dispose();
        Assert.All(secret, b => Assert.Equal(0, b));
    }

    internal static byte[] Spki(AsymmetricPublic key)
    {
        if (key is RsaPublic numbers)
        {
            using RSA rsa = RSA.Create(new RSAParameters { Modulus = numbers.Modulus, Exponent = [1, 0, 1] });
            return rsa.ExportSubjectPublicKeyInfo();
        }
        var point = (EccPublic)key;
        ECCurve curve = point.Curve == TpmEccCurve.NistP256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384;
        using ECDsa ecc = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = point.X, Y = point.Y } });
        return ecc.ExportSubjectPublicKeyInfo();
    }
}

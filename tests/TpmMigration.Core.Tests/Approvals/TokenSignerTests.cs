using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Approvals;

/// <summary>Signers over the keys of a token, which SoftHSM plays.</summary>
public sealed class TokenSignerTests : IClassFixture<TokenSignerTests.Token>
{
    private readonly Token _token;

    public TokenSignerTests(Token token) => _token = token;

    [Theory]
    [InlineData("object=rsa", SignatureScheme.RsaSha256, 256)]
    [InlineData("object=p256", SignatureScheme.EcdsaSha256, 64)]
    [InlineData("object=p384", SignatureScheme.EcdsaSha256, 96)]
    [InlineData("id=%02", SignatureScheme.EcdsaSha256, 64)]
    [InlineData("object=rsa-certificate;type=cert", SignatureScheme.RsaSha256, 256)]
    public void A_key_on_a_token_signs(string what, SignatureScheme scheme, int size)
    {
        using CertificateSigner signer = TokenSigner.Open(Address(what), Encoding.UTF8.GetBytes(Token.Pin));
        byte[] value = signer.Sign(CertificateSignerTests.Digest);
        Assert.Equal(scheme, signer.Identity.Scheme);
        Assert.Equal(size, value.Length);
        Assert.True(signer.Identity.Verifies(CertificateSignerTests.Digest, value));
        Assert.True(signer.Identity.Verifies(CertificateSignerTests.Digest, signer.Sign(CertificateSignerTests.Digest)));
    }

    [Theory]
    [InlineData("object=nobody", SignerFault.NotFound)]
    [InlineData("id=%09", SignerFault.NotFound)]
    [InlineData("", SignerFault.Several)]
    [InlineData("object=alone", SignerFault.NotFound)]
    public void A_key_that_is_not_there_or_not_told_apart_is_an_error(string what, SignerFault fault) =>
        Assert.Equal(fault, Assert.Throws<SignerException>(() => TokenSigner.Open(Address(what), Encoding.UTF8.GetBytes(Token.Pin))).Fault);

    [Theory]
    [InlineData("")]
    [InlineData("999999")]
    public void Without_the_right_PIN_nothing_is_signed(string pin)
    {
        SignerException refusal = Assert.Throws<SignerException>(() => TokenSigner.Open(Address("object=rsa"), Encoding.UTF8.GetBytes(pin)));
        Assert.Equal(SignerFault.Password, refusal.Fault);
        if (pin.Length != 0) Assert.DoesNotContain(pin, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_or_library_that_is_not_there_is_an_error()
    {
        Assert.Equal(SignerFault.NotFound, Assert.Throws<SignerException>(() => TokenSigner.Open(Address("object=rsa") with { Token = "nobody's" }, [])).Fault);
        Assert.Equal(SignerFault.NotFound, Assert.Throws<SignerException>(() => TokenSigner.Open(Address("object=rsa") with { ModulePath = "/nowhere/x.so" }, [])).Fault);
        Assert.Equal(SignerFault.NotFound, Assert.Throws<SignerException>(() => TokenSigner.Open(Address("object=rsa") with { ModulePath = "/etc/passwd" }, [])).Fault);
    }

    [Fact]
    public void An_address_is_read_with_its_escapes()
    {
        Pkcs11Uri uri = Pkcs11Uri.Parse("PKCS11:token=My%20tok%C3%A9n;serial=0a;object=a%3Bb;id=%01%ff;type=private?module-path=/usr/lib/x.so");
        Assert.Equal(("/usr/lib/x.so", "My tokén", "0a", "a;b"), (uri.ModulePath, uri.Token, uri.Serial, uri.Label));
        Assert.Equal([0x01, 0xFF], uri.Id!);
    }

    [Theory]
    [InlineData("pkcs11:object=a")]
    [InlineData("pkcs11:object=a?module-path=")]
    [InlineData("pkcs11:object?module-path=/x")]
    [InlineData("pkcs11:=a?module-path=/x")]
    [InlineData("pkcs11:object=%4?module-path=/x")]
    [InlineData("pkcs11:object=%zz?module-path=/x")]
    [InlineData("pkcs11:object=a;object=b?module-path=/x")]
    [InlineData("pkcs11:colour=a?module-path=/x")]
    [InlineData("pkcs11:type=data?module-path=/x")]
    [InlineData("pkcs11:object=a?module-path=/x&pin-value=123456")]
    [InlineData("pkcs11:object=a?module-path=/x?module-path=/y")]
    [InlineData("pkcs11:object=a?module-name=x")]
    public void An_address_that_is_none_is_refused_without_repeating_a_PIN(string text)
    {
        SignerException refusal = Assert.Throws<SignerException>(() => Pkcs11Uri.Parse(text));
        Assert.Equal(SignerFault.Address, refusal.Fault);
        Assert.DoesNotContain("123456", refusal.Message, StringComparison.Ordinal);
    }

    private Pkcs11Uri Address(string what) => Pkcs11Uri.Parse($"pkcs11:token=Test%20token{(what.Length == 0 ? string.Empty : ";" + what)}?module-path={_token.Library}");

    /// <summary>A SoftHSM token with an RSA key, two ECC keys, each with a certificate, and a key without one.</summary>
    public sealed class Token : IDisposable
    {
        internal const string Pin = "482915";

        private readonly TemporaryFolder _folder = new("token-");

        public Token()
        {
            Library = new[] { "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so" }.First(File.Exists);
            Directory.CreateDirectory(_folder["tokens"]);
            File.WriteAllText(_folder["softhsm2.conf"], $"directories.tokendir = {_folder["tokens"]}\nlog.level = ERROR\n");
            // The library is loaded into this process, and asks the C library's environment, which .NET's own does not change.
            Assert.Equal(0, SetEnvironment("SOFTHSM2_CONF", _folder["softhsm2.conf"], 1));
            Run("softhsm2-util", "--init-token", "--free", "--label", "Test token", "--pin", Pin, "--so-pin", "0000");
            Put("rsa", "01", ["-newkey", "rsa:2048"], "rsa-certificate");
            Put("p256", "02", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "p256");
            Put("p384", "03", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "p384");
            Put("alone", "04", ["-newkey", "rsa:2048"], null);
        }

        internal string Library { get; }

        public void Dispose() => _folder.Dispose();

        private void Put(string label, string id, string[] key, string? certificateLabel)
        {
            string keyFile = _folder[label + ".key"], certificate = _folder[label + ".pem"], der = _folder[label + ".der"];
            Run("openssl", ["req", "-x509", .. key, "-nodes", "-subj", "/CN=" + label, "-days", "3", "-keyout", keyFile, "-out", certificate]);
            Run("softhsm2-util", "--import", keyFile, "--token", "Test token", "--label", label, "--id", id, "--pin", Pin);
            if (certificateLabel == null) return;
            Run("openssl", "x509", "-in", certificate, "-outform", "DER", "-out", der);
            Run("pkcs11-tool", "--module", Library, "--token-label", "Test token", "--login", "--pin", Pin, "--write-object", der, "--type", "cert", "--id", id, "--label", certificateLabel);
        }

        private void Run(string program, params string[] arguments) => CertificateSignerTests.Tool(program, arguments, ("SOFTHSM2_CONF", _folder["softhsm2.conf"]));

        [DllImport("libc", EntryPoint = "setenv")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using static TpmMigration.Tests.Packages.Vectors.VectorBases;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Signatures that are not of the one form, or do not hold.</summary>
internal static class SignatureVectors
{
    private const string C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";
    private const string Enveloped = "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\" />";
    private const string Canonical = "<Transform Algorithm=\"" + C14N + "\" />";
    private const string Dsig = "http://www.w3.org/2000/09/xmldsig#";
    private const string More = "http://www.w3.org/2001/04/xmldsig-more#";

    internal static IEnumerable<PackageVector> All => [.. Places, .. Scopes, .. Algorithms, .. Forms, .. Keys, .. Values];

    private static string Signed => SignedOne.Part("<Signature ", "</Signature>");

    private static IEnumerable<PackageVector> Places
    {
        get
        {
            string without = SignedOne.Swap(Signed, string.Empty);
            return
            [
                new("signature-missing", "Signature.Missing", "no signature", without) { Signer = "none" },
                new("signature-twice", "Signature.Misplaced", "two signatures", SignedOne.Swap("</Signature>", "</Signature>" + Signed)),
                new("signature-twice-of-others", "Signature.Misplaced", "a second signature by another signer", SignedOne.Swap("</Signature>", "</Signature>" + VectorText.Sign(One, VectorSigner.P384).Part("<Signature ", "</Signature>"))),
                new("signature-first", "Signature.Misplaced", "a signature as the first element", without.Swap("<Source", Signed + "<Source")),
                new("signature-before-keys", "Signature.Misplaced", "a signature before the keys", without.Swap("<Keys>", Signed + "<Keys>")),
                new("signature-before-approvals", "Signature.Misplaced", "a signature before the approvals", without.Swap("<Approvals>", Signed + "<Approvals>")),
                new("signature-in-keys", "Signature.Misplaced", "a signature between keys", without.Swap("</Keys>", Signed + "</Keys>")),
                new("signature-in-key", "Malformed", "a signature within a key", without.Swap("</Key>", Signed + "</Key>")),
                new("signature-in-description", "Malformed", "a signature within a description", SignedFamily.Swap("parent of all", Signed)),
                new("signature-behind-root", "Signature.Missing", "a signature behind the document element, where a reader no longer looks", without + Signed) { Signer = "none" },
                new("signature-around-package", "Malformed", "an enveloping signature: the package within Object", $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + Signed.Swap("</Signature>", "<Object>" + without.Part("<MigrationPackage", "</MigrationPackage>") + "</Object></Signature>")),
                new("signature-alone", "Malformed", "a detached signature without the package", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + Signed) { Schema = "valid" },
                new("signature-other-namespace", "Malformed", "a signature in the namespace of packages", SignedOne.Swap(Signed, Signed.Swap(Dsig, "urn:tpm-migration:package:1"))),
            ];
        }
    }

    private static IEnumerable<PackageVector> Scopes =>
    [
        Before("scope-part", "Scope", "a signature over the element of an id", s => s.Swap("URI=\"\"", $"URI=\"#{VectorPackages.Id("First"):D}\"")),
        Before("scope-root-id", "Scope", "a signature over the document element by id", s => s.Swap("URI=\"\"", $"URI=\"#{VectorPackages.Id("package"):D}\"")),
        Before("scope-xpointer", "Scope", "a signature over the document by XPointer", s => s.Swap("URI=\"\"", "URI=\"#xpointer(/)\"")),
        Before("scope-external", "Scope", "a signature over something else", s => s.Swap("URI=\"\"", "URI=\"http://127.0.0.1:9/package.xml\"")),
        Before("scope-uri-missing", "Scope", "a reference that does not say to what", s => s.Swap(" URI=\"\"", string.Empty)),
        Before("scope-uri-blank", "Scope", "a reference to a blank", s => s.Swap("URI=\"\"", "URI=\" \"")),
        Before("scope-two-references", "Scope", "two references", s => s.Swap("</Reference>", "</Reference>" + s.Part("<Reference", "</Reference>"))),
        Before("scope-no-reference", "Malformed", "no reference", s => s.Without("<Reference", "</Reference>")),
        Before("transforms-none", "Malformed", "no Transforms", s => s.Without("<Transforms>", "</Transforms>")),
        Before("transforms-empty", "Scope", "Transforms without transform", s => s.Swap(Enveloped, string.Empty).Swap(Canonical, string.Empty)),
        Before("transforms-enveloped-missing", "Scope", "no transform for the signature within the document", s => s.Swap(Enveloped, string.Empty)),
        Before("transforms-canonical-missing", "Scope", "no transform for the canonical form", s => s.Swap(Canonical, string.Empty)),
        Before("transforms-reordered", "Scope", "the transforms in another order", s => s.Swap(Enveloped, "@").Swap(Canonical, Enveloped).Swap("@", Canonical)).BeyondSchema,
        Before("transforms-enveloped-twice", "Scope", "one transform twice instead of both", s => s.Swap(Canonical, Enveloped)).BeyondSchema,
        Before("transforms-three", "Scope", "one transform more", s => s.Swap(Canonical, Canonical + Canonical)),
        Before("transforms-xpath-extra", "Scope", "a third transform that selects", s => s.Swap(Canonical, Canonical + XPath)),
        Before("transforms-xpath", "Scope", "a selection instead of the canonical form", s => s.Swap(Canonical, XPath)),
        Before("transforms-xpath-first", "Scope", "a selection instead of the enveloped signature", s => s.Swap(Enveloped, XPath)),
        Before("transforms-xpath-filter", "Scope", "a selection by XPath filter 2", s => s.Swap(Enveloped, "<Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\" />")),
        Before("transforms-xslt", "Scope", "a style sheet", s => s.Swap(Canonical, "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" /></Transform>")),
        Before("transforms-base64", "Scope", "the transform base64", s => s.Swap(Canonical, $"<Transform Algorithm=\"{Dsig}base64\" />")),
        Before("transforms-inclusive", "Scope", "inclusive canonical form", s => s.Swap(Canonical, "<Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\" />")),
        Before("transforms-inclusive-1.1", "Scope", "inclusive canonical form 1.1", s => s.Swap(Canonical, "<Transform Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\" />")),
        Before("transforms-comments", "Scope", "canonical form with comments", s => s.Swap(Canonical, Canonical.Swap(C14N, C14N + "WithComments"))),
        Before("transforms-prefixes", "Malformed", "a list of inclusive prefixes", s => s.Swap(Canonical, Canonical.Swap(" />", $"><i:InclusiveNamespaces xmlns:i=\"{C14N}\" PrefixList=\"p\" /></Transform>"))),
        Before("transforms-text", "Malformed", "text within a transform", s => s.Swap(Canonical, Canonical.Swap(" />", ">text</Transform>"))),
        Before("transforms-algorithm-missing", "Malformed", "a transform that says not which", s => s.Swap(Canonical, "<Transform />")),
    ];

    private static string XPath => $"<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><XPath>not(ancestor-or-self::node())</XPath></Transform>";

    private static IEnumerable<PackageVector> Algorithms =>
    [
        Before("algorithm-canonical-inclusive", "Algorithm", "SignedInfo in inclusive canonical form", s => s.Swap($"Method Algorithm=\"{C14N}\"", "Method Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"")),
        Before("algorithm-canonical-comments", "Algorithm", "SignedInfo with comments", s => s.Swap($"Method Algorithm=\"{C14N}\"", $"Method Algorithm=\"{C14N}WithComments\"")),
        Before("algorithm-canonical-prefixes", "Malformed", "SignedInfo with a list of inclusive prefixes", s => s.Swap($"Method Algorithm=\"{C14N}\" />", $"Method Algorithm=\"{C14N}\"><i:InclusiveNamespaces xmlns:i=\"{C14N}\" PrefixList=\"\" /></CanonicalizationMethod>")),
        Before("algorithm-canonical-missing", "Malformed", "no CanonicalizationMethod", s => s.Without("<CanonicalizationMethod", "/>")),
        Method("rsa-sha1", Dsig + "rsa-sha1"),
        Method("dsa-sha1", Dsig + "dsa-sha1"),
        Method("ecdsa-sha1", More + "ecdsa-sha1"),
        Method("ecdsa-sha384", More + "ecdsa-sha384"),
        Method("ecdsa-sha512", More + "ecdsa-sha512"),
        Method("rsa-sha512", More + "rsa-sha512"),
        Method("rsa-pss", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
        Method("ed25519", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"),
        Method("empty", string.Empty),
        Method("none", "none"),
        Method("upper-case", (More + "ecdsa-sha256").ToUpperInvariant()),
        Method("blank", " " + More + "ecdsa-sha256"),
        Method("rsa-for-ecc-key", More + "rsa-sha256").BeyondSchema,
        new PackageVector("algorithm-ecdsa-for-rsa-key", "Signature.Algorithm", "ECDSA for a key of RSA", VectorText.Sign(One, VectorSigner.Rsa, s => s.Swap("rsa-sha256", "ecdsa-sha256"))) { Signer = "signer-rsa" }.BeyondSchema,
        Hmac("algorithm-hmac-sha256", "HMAC with the signer's public key as its secret", More + "hmac-sha256", string.Empty),
        Hmac("algorithm-hmac-truncated", "HMAC cut to no bit", Dsig + "hmac-sha1", "<HMACOutputLength>0</HMACOutputLength>"),
        Before("algorithm-method-missing", "Malformed", "no SignatureMethod", s => s.Without("<SignatureMethod", "/>")),
        Before("algorithm-method-unsaid", "Malformed", "SignatureMethod without algorithm", s => s.Swap(s.Part("<SignatureMethod", "/>"), "<SignatureMethod />")),
        Digest("sha1", Dsig + "sha1", SHA1),
        Digest("md5", More + "md5", SHA1),
        Digest("sha384", More + "sha384", SHA384.HashData),
        Digest("sha512", "http://www.w3.org/2001/04/xmlenc#sha512", SHA512.HashData),
        Before("algorithm-digest-missing", "Malformed", "no DigestMethod", s => s.Without("<DigestMethod", "/>")),
    ];

    private static IEnumerable<PackageVector> Forms =>
    [
        After("form-signed-info-missing", "Malformed", "no SignedInfo", s => s.Without("<SignedInfo>", "</SignedInfo>")),
        After("form-signed-info-twice", "Malformed", "SignedInfo twice", s => s.Swap("</SignedInfo>", "</SignedInfo>" + s.Part("<SignedInfo>", "</SignedInfo>"))),
        After("form-value-missing", "Malformed", "no SignatureValue", s => s.Without("<SignatureValue>", "</SignatureValue>")),
        After("form-value-twice", "Malformed", "SignatureValue twice", s => s.Swap("</SignatureValue>", "</SignatureValue>" + s.Part("<SignatureValue>", "</SignatureValue>"))),
        After("form-value-no-base64", "Malformed", "a value that is no base64", s => s.Content("SignatureValue", v => "?" + v[1..])),
        After("form-value-attribute", "Malformed", "an id on SignatureValue", s => s.Swap("<SignatureValue>", "<SignatureValue Id=\"a\">")),
        After("form-key-info-first", "Malformed", "KeyInfo before the value", s => s.Without("<KeyInfo>", "</KeyInfo>").Swap("<SignatureValue>", s.Part("<KeyInfo>", "</KeyInfo>") + "<SignatureValue>")),
        After("form-object", "Malformed", "an empty Object", s => s.Swap("</Signature>", "<Object /></Signature>")),
        After("form-properties", "Malformed", "SignatureProperties in an Object", s => s.Swap("</Signature>", "<Object><SignatureProperties><SignatureProperty Target=\"a\">now</SignatureProperty></SignatureProperties></Object></Signature>")),
        After("form-manifest", "Malformed", "a Manifest in an Object", s => s.Swap("</Signature>", "<Object><Manifest>" + s.Part("<Reference", "</Reference>") + "</Manifest></Object></Signature>")),
        After("form-id", "Malformed", "an id on the signature", s => s.Swap("<Signature ", "<Signature Id=\"a\" ")),
        After("form-text", "Malformed", "text within the signature", s => s.Swap("<KeyInfo>", "text<KeyInfo>")),
        After("form-foreign-element", "Malformed", "an element of another namespace", s => s.Swap("<KeyInfo>", "<x xmlns=\"urn:example:foreign\" /><KeyInfo>")),
        After("form-foreign-attribute", "Malformed", "an attribute of another namespace", s => s.Swap("<KeyInfo>", "<KeyInfo xmlns:x=\"urn:example:foreign\" x:a=\"\">")),
        After("form-signature-in-signature", "Malformed", "a signature within the signature", s => s.Swap("</Signature>", s + "</Signature>")),
        Before("form-reference-id", "Malformed", "an id on the reference", s => s.Swap("<Reference ", "<Reference Id=\"a\" ")),
        Before("form-reference-type", "Malformed", "a type on the reference", s => s.Swap("<Reference ", $"<Reference Type=\"{Dsig}Object\" ")),
        Before("form-digest-missing", "Malformed", "no DigestValue", s => s.Without("<DigestValue>", "</DigestValue>")),
        Before("form-digest-no-base64", "Malformed", "a digest that is no base64", s => s.Content("DigestValue", _ => "????")).BeyondSchema,
        Before("form-signed-info-extra", "Malformed", "an element in SignedInfo that is not known", s => s.Swap("</SignedInfo>", "<Note /></SignedInfo>")),
        Before("form-lang", "Malformed", "xml:lang on SignedInfo", s => s.Swap("<SignedInfo>", "<SignedInfo xml:lang=\"en\">")),
    ];

    private static IEnumerable<PackageVector> Keys =>
    [
        KeyInfo("key-info-missing", "Malformed", "no KeyInfo", s => s.Without("<KeyInfo>", "</KeyInfo>")),
        KeyInfo("key-info-empty", "Malformed", "an empty KeyInfo", s => s.Without("<X509Data>", "</X509Data>")),
        KeyInfo("key-info-name", "Malformed", "a key by its name only", s => s.Swap(s.Part("<X509Data>", "</X509Data>"), "<KeyName>signer</KeyName>")),
        KeyInfo("key-info-value", "Malformed", "a bare key", s => s.Swap(s.Part("<X509Data>", "</X509Data>"), "<KeyValue><RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue>")),
        KeyInfo("key-info-retrieval", "Malformed", "a key to be fetched", s => s.Swap(s.Part("<X509Data>", "</X509Data>"), $"<RetrievalMethod URI=\"http://127.0.0.1:9/key\" Type=\"{Dsig}rawX509Certificate\" />")),
        KeyInfo("key-info-issuer", "Malformed", "a certificate by issuer and number", s => s.Swap("<X509Certificate>", "<X509IssuerSerial><X509IssuerName>CN=a</X509IssuerName><X509SerialNumber>1</X509SerialNumber></X509IssuerSerial><X509Certificate>")),
        KeyInfo("key-info-no-certificate", "Malformed", "X509Data without certificate", s => s.Without("<X509Certificate>", "</X509Certificate>")),
        KeyInfo("key-info-two-x509", "Malformed", "X509Data twice", s => s.Swap("</X509Data>", "</X509Data>" + s.Part("<X509Data>", "</X509Data>"))),
        KeyInfo("key-info-two-kinds", "Malformed", "a certificate and a platform's key", s => s.Swap("</X509Data>", "</X509Data>" + Platform(TpmaObject.Sign))),
        KeyInfo("key-info-nine-certificates", "Key", "nine certificates", s => s.Swap("</X509Certificate>", "</X509Certificate>" + string.Concat(Enumerable.Repeat("<X509Certificate>AA==</X509Certificate>", 8)))).AgainstSchema,
        Certificate("key-garbage", "bytes that are no certificate", _ => VectorFolder.Bytes("garbage", 200)),
        Certificate("key-empty", "an empty certificate", _ => []),
        Certificate("key-cut", "a certificate without its last byte", c => c[..^1]),
        Certificate("key-trailing-bytes", "a certificate with bytes behind it", c => [.. c, 0, 0]),
        Certificate("key-two-in-one", "two certificates in one element", c => [.. c, .. c]),
        Certificate("key-pem", "a certificate in PEM", c => Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", c))),
        Certificate("key-indefinite-length", "a certificate in BER", c => [0x30, 0x80, .. c[4..], 0, 0]),
        Certificate("key-public-key-only", "a bare public key", _ => PublicKeyInfo("signer-ecc")),
        Certificate("key-ed25519", "a certificate for Ed25519", _ => VectorFolder.Certificate("refused-ed25519")),
        Certificate("key-dsa", "a certificate for DSA", _ => VectorFolder.Certificate("refused-dsa")),
        Weak("key-rsa-1024", "RSA of 1024 bits", VectorSigner.WeakRsa),
        Weak("key-p521", "ECC P-521", VectorSigner.P521),
        Weak("key-secp256k1", "a curve of 256 bits other than P-256", VectorSigner.Secp256K1),
        PlatformKey("platform-restricted", "Key", "a platform's key that signs only what the TPM made", Platform(TpmaObject.Sign | TpmaObject.Restricted)),
        PlatformKey("platform-decrypts", "Key", "a platform's key that does not sign", Platform(TpmaObject.Decrypt)),
        PlatformKey("platform-off-curve", "Value", "a platform's key whose point is not on its curve", Platform(TpmaObject.Sign, offCurve: true)),
        PlatformKey("platform-cut", "Malformed", "a platform's key without its last byte", Platform(TpmaObject.Sign).Bytes("Public", b => b[..^1])).BeyondSchema,
        PlatformKey("platform-extended", "Malformed", "a platform's key with a byte behind it", Platform(TpmaObject.Sign).Bytes("Public", b => [.. b, 0])).BeyondSchema,
        PlatformKey("platform-certification-empty", "Malformed", "an empty certification", Platform(TpmaObject.Sign).Swap("</Public>", "</Public><Certification />")),
        PlatformKey("platform-unknown-element", "Malformed", "an element with the platform's key that is not known", Platform(TpmaObject.Sign).Swap("</Public>", "</Public><Note />")),
        PlatformKey("platform-other-namespace", "Malformed", "a platform's key in the namespace of signatures", Platform(TpmaObject.Sign).Swap(" xmlns=\"urn:tpm-migration:package:1\"", string.Empty)),
    ];

    private static IEnumerable<PackageVector> Values =>
    [
        new("digest-other", "Signature.Document", "the digest of another document", VectorText.Sign(One, before: s => s.Content("DigestValue", _ => Convert.ToBase64String(VectorFolder.Bytes("other", 32))))),
        new("digest-short", "Signature.Document", "a digest without its last byte", VectorText.Sign(One, before: s => s.Bytes("DigestValue", b => b[..^1]))),
        new("digest-long", "Signature.Document", "a digest with a byte behind it", VectorText.Sign(One, before: s => s.Bytes("DigestValue", b => [.. b, 0]))),
        new("digest-empty", "Signature.Document", "an empty digest", VectorText.Sign(One, before: s => s.Content("DigestValue", _ => string.Empty))),
        Value("value-bit", "one bit of the value changed", v => [.. v[..^1], (byte)(v[^1] ^ 1)]),
        Value("value-empty", "an empty value", _ => []),
        Value("value-short", "a value without its last byte", v => v[..^1]),
        Value("value-long", "a value with a byte behind it", v => [.. v, 0]),
        Value("value-padded", "r and s with a zero byte before each", v => [0, .. v[..32], 0, .. v[32..]]),
        Value("value-der", "an ECDSA value in DER", v => [0x30, 0x44, 0x02, 0x20, .. v[..32], 0x02, 0x20, .. v[32..]]),
        Value("value-r-zero", "r is zero", v => [.. new byte[32], .. v[32..]]),
        Value("value-s-zero", "s is zero", v => [.. v[..32], .. new byte[32]]),
        Value("value-both-zero", "r and s are zero", _ => new byte[64]),
        Value("value-r-is-order", "r is the order of the curve", v => [.. Convert.FromHexString(Order), .. v[32..]]),
        Value("value-s-is-order", "s is the order of the curve", v => [.. v[..32], .. Convert.FromHexString(Order)]),
        Value("value-all-ones", "r and s beyond the order of the curve", _ => [.. Enumerable.Repeat((byte)0xFF, 64)]),
        Value("value-swapped", "s before r", v => [.. v[32..], .. v[..32]]),
        new("value-of-other-key", "Signature.Value", "made by a stranger in the signer's name", VectorText.Sign(One, VectorSigner.Stranger, s => s.Content("X509Certificate", _ => Convert.ToBase64String(VectorSigner.Ecc.Certificate)))),
        new("value-signer-exchanged", "Signature.Value", "the certificate of a stranger with the signer's value", VectorText.Sign(One, after: s => s.Content("X509Certificate", _ => Convert.ToBase64String(VectorSigner.Stranger.Certificate)))) { Signer = "stranger" },
        new("value-certificates-swapped", "Signature.Value", "the signer's certificate behind another", VectorText.Sign(One, after: s => s.Swap("<X509Certificate>", $"<X509Certificate>{Convert.ToBase64String(VectorSigner.Stranger.Certificate)}</X509Certificate><X509Certificate>"))) { Signer = "stranger" },
        new("value-over-digest", "Signature.Value", "a value over the document instead of SignedInfo", OverDocument()),
        RsaValue("value-rsa-bit", "one bit of an RSA value changed", v => [.. v[..^1], (byte)(v[^1] ^ 1)]),
        RsaValue("value-rsa-padded", "an RSA value with a zero byte before it", v => [0, .. v]),
        RsaValue("value-rsa-short", "an RSA value without its last byte", v => v[..^1]),
        RsaValue("value-rsa-zero", "an RSA value of zeros", v => new byte[v.Length]),
        RsaValue("value-rsa-one", "the RSA value 1", v => [.. new byte[v.Length - 1], 1]),
    ];

    private const string Order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

    internal static string Platform(TpmaObject use, bool offCurve = false)
    {
        ECParameters key = VectorFolder.Ecc("signer-ecc");
        TpmtPublic template = KeyTemplates.PlatformSigning;
        var area = new TpmtPublic
        {
            NameAlg = template.NameAlg,
            ObjectAttributes = template.ObjectAttributes & ~TpmaObject.Sign | use,
            Parameters = template.Parameters,
            Point = new TpmsEccPoint(key.Q.X!, offCurve ? key.Q.X! : key.Q.Y!),
        };
        return $"<PlatformSigningKey xmlns=\"urn:tpm-migration:package:1\"><Public>{Convert.ToBase64String(area.Marshal())}</Public></PlatformSigningKey>";
    }

    private static byte[] PublicKeyInfo(string name)
    {
        using ECDsa key = ECDsa.Create(VectorFolder.Ecc(name));
        return key.ExportSubjectPublicKeyInfo();
    }

    private static string OverDocument()
    {
        byte[] digest = CanonicalDigest.Of(VectorText.Parse(One.Replace(VectorText.Place, string.Empty, StringComparison.Ordinal)));
        return VectorText.Sign(One, after: s => s.Content("SignatureValue", _ => Convert.ToBase64String(VectorSigner.Ecc.Sign(digest))));
    }

    private static byte[] SHA1(byte[] data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(data);
        return hash.GetHashAndReset();
    }

    private static PackageVector Before(string name, string fault, string why, Func<string, string> change) =>
        new PackageVector("signature-" + name, "Signature." + fault, why, VectorText.Sign(One, before: change));

    private static PackageVector After(string name, string fault, string why, Func<string, string> change) =>
        new("signature-" + name, "Signature." + fault, why, VectorText.Sign(One, after: change));

    private static PackageVector KeyInfo(string name, string fault, string why, Func<string, string> change) => After(name, fault, why, change);

    private static PackageVector Certificate(string name, string why, Func<byte[], byte[]> change) => After(name, "Key", why, s => s.Bytes("X509Certificate", change));

    private static PackageVector Weak(string name, string why, VectorSigner signer) =>
        new("signature-" + name, "Signature.Key", $"a signature that holds, by a key that may not sign: {why}", VectorText.Sign(One, signer)) { Signer = signer.Name };

    private static PackageVector PlatformKey(string name, string fault, string why, string platform) =>
        new("signature-" + name, "Signature." + fault, why, VectorText.Sign(One, before: s => s.Swap(s.Part("<X509Data>", "</X509Data>"), platform))) { Signer = "platform" };

    private static PackageVector Value(string name, string why, Func<byte[], byte[]> change) =>
        new(name, "Signature.Value", why, VectorText.Sign(One, after: s => s.Bytes("SignatureValue", change)));

    private static PackageVector RsaValue(string name, string why, Func<byte[], byte[]> change) =>
        new(name, "Signature.Value", why, VectorText.Sign(One, VectorSigner.Rsa, after: s => s.Bytes("SignatureValue", change))) { Signer = "signer-rsa" };

    private static PackageVector Method(string name, string algorithm) =>
        Before("algorithm-" + name, "Algorithm", $"the signature algorithm '{algorithm}'", s => s.Swap(VectorSigner.Ecc.Method, algorithm));

    private static PackageVector Digest(string name, string algorithm, Func<byte[], byte[]> hash) =>
        Before("algorithm-digest-" + name, "Algorithm", $"the digest algorithm '{algorithm}'", s => s
            .Swap("http://www.w3.org/2001/04/xmlenc#sha256", algorithm)
            .Content("DigestValue", _ => Convert.ToBase64String(hash(Encoding.UTF8.GetBytes(One)))));

    private static PackageVector Hmac(string name, string why, string algorithm, string content) =>
        new("signature-" + name, "Signature.Algorithm", why, VectorText.Sign(
            One,
            before: s => s.Swap(s.Part("<SignatureMethod", "/>"), $"<SignatureMethod Algorithm=\"{algorithm}\">{content}</SignatureMethod>"),
            after: s => s.Bytes("SignatureValue", _ => HMACSHA256.HashData(PublicKeyInfo("signer-ecc"), Encoding.UTF8.GetBytes(s.Part("<SignedInfo>", "</SignedInfo>"))))));
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using TpmMigration.Tpm;
using static TpmMigration.Tests.Packages.Vectors.VectorBases;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Packages that a reader must take, some of them written as no writer of this project would.</summary>
internal static class ValidVectors
{
    private const string Ns = "urn:tpm-migration:package:1";
    private const string Dsig = "http://www.w3.org/2000/09/xmldsig#";

    internal static IEnumerable<PackageVector> All => [.. Plain, .. Written, .. Signatures];

    private static IEnumerable<PackageVector> Plain =>
    [
        Good("valid-one", "one signing key", One),
        Good("valid-two", "two signing keys", Two),
        Good("valid-family", "storage keys, a child with password and data, certificates, an extension", Family),
        Good("valid-backup", "a backup", One.Swap("\"Migrate\"", "\"Backup\"")),
        Good("valid-rsa", "an RSA key to an RSA destination, signed by RSA", Rsa, VectorSigner.Rsa) with { Destination = "destination-rsa" },
        Good("valid-family-rsa", "a family to an RSA destination", VectorText.Template(VectorPackages.Family("destination-rsa"))) with { Destination = "destination-rsa" },
        Good("valid-endorsement-key", "an endorsement key of ECC P-256 as new parent, with data", VectorText.Template(VectorPackages.Endorsement(VectorPackages.Family()))),
        Good("valid-endorsement-key-rsa", "an endorsement key of RSA 2048 as new parent", VectorText.Template(VectorPackages.Endorsement(VectorPackages.Rsa(), "destination-rsa"))) with { Destination = "destination-rsa" },
        Good("valid-p384", "signed by ECC P-384", One, VectorSigner.P384),
        Good("valid-stranger", "signed by somebody nobody trusts: the signature holds, and who asks for trust must refuse it", One, VectorSigner.Stranger),
        Good("valid-empty-data", "data of no byte", VectorText.Template(VectorPackages.WithDataKey(VectorPackages.One()) with
        {
            Keys = [VectorPackages.Migrating("First", VectorPackages.First) with { Data = [VectorPackages.Item(VectorPackages.First, "Data", "empty", string.Empty, string.Empty)] }],
        })),
        Good("valid-expected-pcrs", "a key whose use is bound to PCRs, with their values", Bound),
        Good("valid-expected-pcrs-not-told", "a key whose use is bound to PCRs, without their values", Bound.Without("<ExpectedPcrs>", "</ExpectedPcrs>")),
        Good("valid-policy-not-recorded", "a key whose policy is not recorded", One.Without("<Policy>", "</Policy>")),
        Good("valid-unknown-kind", "a kind that is not known, which readers tell anew", One.Swap("kind=\"Migratable\"", "kind=\"Later\"")),
        Good("valid-approval-to-the-second", "an approval that ends in the second in which the package was made", VectorText.Template(VectorPackages.One() with
        {
            Approvals = [VectorPackages.Approval(VectorPackages.First, change: a => a with { ValidUntil = VectorPackages.Created })],
        })),
    ];

    private static IEnumerable<PackageVector> Written =>
    [
        new("valid-byte-order-mark", "valid", "UTF-8 with byte order mark", [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(SignedOne)]),
        Good("valid-approval-byte-order-mark", "an approval with byte order mark", VectorText.Template(VectorPackages.One() with
        {
            Approvals = [[.. Encoding.UTF8.GetPreamble(), .. VectorPackages.Approval(VectorPackages.First)]],
        })),
        Good("valid-no-declaration", "no XML declaration", One.Without("<?xml", "?>\n")),
        Good("valid-declaration-upper-case", "UTF-8 in upper case, and standalone", One.Swap("encoding=\"utf-8\"", "encoding=\"UTF-8\" standalone=\"yes\"")),
        new("valid-crlf", "valid", "line ends of Windows, which XML takes as its own", SignedFamily.Replace("\n", "\r\n", StringComparison.Ordinal)),
        new("valid-attribute-order", "valid", "attributes in another order, which the canonical form puts right", SignedOne.Swap(" version=\"1\"", string.Empty).Swap(" purpose=\"Migrate\"", " purpose=\"Migrate\" version=\"1\"")),
        new("valid-single-quotes", "valid", "attributes in single quotes", SignedOne.Swap("host=\"machine-a\"", "host='machine-a'")),
        new("valid-character-references", "valid", "letters as character references", SignedOne.Swap("machine-a", "&#109;achine&#x2D;a")),
        new("valid-end-tag", "valid", "an empty element with start and end tag", SignedOne.Swap(SignedOne.Part("<Source", "/>"), SignedOne.Part("<Source", "/>").Swap(" />", "></Source>"))),
        new("valid-unused-namespace", "valid", "a declaration of a namespace that nothing uses, which the canonical form leaves out", SignedOne.Swap("<Source ", "<Source xmlns:x=\"urn:example:unused\" ")),
        new("valid-space-in-tags", "valid", "line breaks within tags", SignedOne.Swap("<Source ", "<Source\n   ").Swap("</Keys>", "</Keys\n>")),
        Good("valid-awkward-text", "markup, line ends, tabs and letters of other planes in texts", Family
            .Swap("parent of all", "&lt;a&gt; &amp; \"b\" 'c' ]]&gt; \t tab\nline&#xD;\nreturn ü 𝄞 two  blanks ")
            .Swap("machine-a", "&lt;a> &amp; &quot;b&quot; 'c' &#x9;tab&#xA;line&#xD;return ü 𝄞")),
        Good("valid-no-layout", "no white space between elements", string.Join(string.Empty, One.Split('\n').Select(line => line.Trim())).Swap("?>", "?>\n")),
        Good("valid-base64-lines", "base64 in lines", One.Content("Public", s => "\n    " + string.Join("\n\t", s.Chunk(40).Select(c => new string(c))) + "\n  ")),
        Good("valid-names-in-other-scripts", "names in other scripts", One.Swap("keyName=\"First\"", "keyName=\"Schlüssel 鍵 ключ\"")),
        Good("valid-empty-texts", "empty texts", One.Swap("host=\"machine-b\"", "host=\"\"").Swap("<Public>", "<Description></Description><Public>")),
        Good("valid-prefixed", "all elements with a prefix", Prefixed(One, "p")),
        Good("valid-prefixed-family", "all elements with a prefix, with data and certificates", Prefixed(Family, "pkg")),
        Good("valid-prefix-on-one", "one element with a prefix", One.Swap("<Source ", "<p:Source xmlns:p=\"" + Ns + "\" ")),
        Good("valid-two-prefixes", "two prefixes for the one namespace", One.Swap("<MigrationPackage ", $"<MigrationPackage xmlns:a=\"{Ns}\" xmlns:b=\"{Ns}\" ").Swap("<Keys>", "<b:Keys>").Swap("</Keys>", "</b:Keys>").Swap("<Source ", "<a:Source ")),
        Good("valid-prefix-declared-twice", "one prefix declared again for another namespace", Prefixed(One, "p").Swap("<p:Source ", $"<q:Source xmlns:p=\"urn:example:other\" xmlns:q=\"{Ns}\" ")),
        new("valid-at-limits", "valid", "as large as the limits allow", SignedFamily) { Limits = $"bytes={Encoding.UTF8.GetByteCount(SignedFamily)} depth=6 attributes=7 attributeLength=200 keys=3 dataPerKey=2" },
    ];

    private static IEnumerable<PackageVector> Signatures =>
    [
        Good("valid-prefixed-signature", "a signature with a prefix", One, before: s => PrefixedSignature(s).Swap("<ds:Signature ", $"<ds:Signature xmlns:ds=\"{Dsig}\" ").Swap($" xmlns=\"{Dsig}\"", string.Empty)),
        Good("valid-prefixed-signature-above", "a signature whose prefix the document element declares", One.Swap("<MigrationPackage ", $"<MigrationPackage xmlns:ds=\"{Dsig}\" "), before: s => PrefixedSignature(s).Swap($" xmlns=\"{Dsig}\"", string.Empty)),
        Good("valid-prefixed-all", "package and signature with prefixes that the document element declares", Prefixed(One, "p").Swap("<p:MigrationPackage ", $"<p:MigrationPackage xmlns:ds=\"{Dsig}\" "), before: s => PrefixedSignature(s).Swap($" xmlns=\"{Dsig}\"", string.Empty)),
        Good("valid-signed-info-declares", "SignedInfo that declares its namespace again", One, before: s => s.Swap("<SignedInfo>", $"<SignedInfo xmlns=\"{Dsig}\" xmlns:x=\"urn:example:unused\">")),
        Good("valid-compact-signature", "a signature without white space", One, before: s => string.Join(string.Empty, s.Split('\n').Select(line => line.Trim()))),
        Good("valid-certificate-lines", "a certificate in lines of 64", One, after: s => s.Content("X509Certificate", c => "\n" + string.Join('\n', c.Chunk(64).Select(l => new string(l))) + "\n")),
        Good("valid-two-certificates", "a second certificate behind the signer's", One, after: s => s.Swap("</X509Certificate>", $"</X509Certificate><X509Certificate>{Convert.ToBase64String(VectorSigner.P384.Certificate)}</X509Certificate>")),
        Good("valid-high-s", "the other of the two values that ECDSA has for each", One, after: s => s.Bytes("SignatureValue", v => [.. v[..32], .. Negated(v[32..])])),
        Good("valid-platform", "signed by a platform's key without certification: who asks for trust must know it", One, before: s => s.Swap(s.Part("<X509Data>", "</X509Data>"), SignatureVectors.Platform(TpmaObject.Sign))) with { Signer = "platform" },
    ];

    private static string Prefixed(string text, string prefix)
    {
        text = System.Text.RegularExpressions.Regex.Replace(text, "<(/?)([A-Z])", $"<$1{prefix}:$2");
        return text.Swap($" xmlns=\"{Ns}\"", $" xmlns:{prefix}=\"{Ns}\"");
    }

    private static string PrefixedSignature(string signature) => System.Text.RegularExpressions.Regex.Replace(signature, "<(/?)([A-Z])", "<$1ds:$2");

    private static byte[] Negated(byte[] s)
    {
        BigInteger order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
        byte[] number = (order - new BigInteger(s, isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - number.Length], .. number];
    }

    private static PackageVector Good(string name, string why, string template, VectorSigner? signer = null, Func<string, string>? before = null, Func<string, string>? after = null) =>
        new(name, "valid", why, VectorText.Sign(template, signer, before, after)) { Signer = (signer ?? VectorSigner.Ecc).Name };
}

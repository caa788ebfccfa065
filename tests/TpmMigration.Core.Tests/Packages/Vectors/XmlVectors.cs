using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using static TpmMigration.Tests.Packages.Vectors.VectorBases;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>What is no XML, is XML that no package needs, or is more than a reader takes in.</summary>
internal static class XmlVectors
{
    private const string Declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
    private const string Comment = "<!-- note -->";
    private const string Instruction = "<?note it?>";

    internal static IEnumerable<PackageVector> All => [.. NotXml, .. Encodings, .. DocumentTypes, .. Nodes, .. Limits];

    private static IEnumerable<PackageVector> NotXml =>
    [
        new("xml-empty-file", "NotXml", "no byte at all", string.Empty),
        new("xml-declaration-only", "NotXml", "no document element", Declaration + "\n"),
        new("xml-other-text", "NotXml", "text that is no XML", "-----BEGIN PACKAGE-----\n"),
        new("xml-cut-in-half", "NotXml", "the first half of a package", SignedOne[..(SignedOne.Length / 2)]),
        new("xml-cut-before-last-tag", "NotXml", "the last end tag is missing", SignedOne.Swap("</MigrationPackage>", string.Empty)),
        new("xml-trailing-text", "NotXml", "text follows the document element", SignedOne + "more"),
        new("xml-two-roots", "NotXml", "a second document element follows", SignedOne + "<MigrationPackage/>"),
        new("xml-trailing-nul", "NotXml", "a NUL byte follows the document element", SignedOne + "\0") { Schema = "valid" },
        new("xml-nul-in-text", "NotXml", "a NUL byte within an attribute", SignedOne.Swap("machine-a", "machine\0a")),
        new("xml-control-character", "NotXml", "a character reference to a character that XML does not have", SignedOne.Swap("machine-a", "machine&#1;a")),
        new("xml-unquoted-attribute", "NotXml", "an attribute without quotes", SignedOne.Swap("version=\"1\"", "version=1")),
        new("xml-mismatched-tags", "NotXml", "an end tag of another name", SignedOne.Swap("</Keys>", "</Key>")),
        new("xml-attribute-twice", "NotXml", "the same attribute twice", SignedOne.Swap("version=\"1\"", "version=\"1\" version=\"1\"")),
        new("xml-undeclared-prefix", "NotXml", "a prefix that is not declared", SignedOne.Swap("<Source ", "<x:Source ")) { Schema = "invalid" },
        new("xml-undeclared-entity", "NotXml", "an entity that is not declared", SignedOne.Swap("machine-a", "machine&nbsp;a")),
        new("xml-bare-ampersand", "NotXml", "an ampersand that begins nothing", SignedOne.Swap("machine-a", "machine & a")),
        new("xml-less-than-in-attribute", "NotXml", "a less-than sign within an attribute", SignedOne.Swap("machine-a", "machine<a")),
        new("xml-late-declaration", "NotXml", "a line break before the XML declaration", "\n" + SignedOne),
        new("xml-double-hyphen-comment", "NotXml", "a comment that ends early", SignedOne.Swap("<Keys>", "<!-- a -- b --><Keys>")),
        new("xml-cdata-end-in-text", "NotXml", "the end of a CDATA section in plain text", SignedOne.Swap("<Public>", "<Public>]]>")),
    ];

    private static IEnumerable<PackageVector> Encodings =>
    [
        new("encoding-utf16", "NotXml", "UTF-16 with byte order mark", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(SignedOne.Swap("utf-8", "utf-16"))]) { Schema = "valid" },
        new("encoding-utf16-unmarked", "NotXml", "UTF-16 without byte order mark", Encoding.Unicode.GetBytes(SignedOne.Swap("utf-8", "utf-16"))) { Schema = "valid" },
        new("encoding-declared-latin1", "NotXml", "declared as ISO-8859-1", SignedOne.Swap("utf-8", "ISO-8859-1")) { Schema = "valid" },
        new("encoding-declared-utf16", "NotXml", "declared as UTF-16, in fact UTF-8", SignedOne.Swap("utf-8", "utf-16")),
        new("encoding-declared-utf7", "NotXml", "declared as UTF-7", SignedOne.Swap("utf-8", "utf-7")),
        new("encoding-invalid-byte", "NotXml", "a byte that UTF-8 does not have", Raw(0xFF)),
        new("encoding-overlong", "NotXml", "an overlong form in UTF-8", Raw(0xC0, 0xAF)),
        new("encoding-surrogate", "NotXml", "a surrogate in UTF-8", Raw(0xED, 0xA0, 0x80)),
        new("encoding-cut-character", "NotXml", "the file ends within a character", [.. Encoding.UTF8.GetBytes(SignedOne), 0xC3]),
        new("xml-version-1.1", "NotXml", "XML 1.1", SignedOne.Swap("version=\"1.0\"", "version=\"1.1\"")) { Schema = "valid" },
    ];

    private static IEnumerable<PackageVector> DocumentTypes
    {
        get
        {
            string entity = SignedFamily.Swap("parent of all", "&a;");
            return
            [
                Dtd("dtd-empty", "a document type declaration that declares nothing", "<!DOCTYPE MigrationPackage>"),
                Dtd("dtd-elements", "an internal subset with an element", "<!DOCTYPE MigrationPackage [<!ELEMENT MigrationPackage ANY>]>"),
                Dtd("dtd-external", "an external subset", "<!DOCTYPE MigrationPackage SYSTEM \"http://127.0.0.1:9/package.dtd\">"),
                Dtd("dtd-external-file", "an external subset in a file", "<!DOCTYPE MigrationPackage SYSTEM \"file:///dev/zero\">"),
                Dtd("dtd-public", "an external subset by public identifier", "<!DOCTYPE MigrationPackage PUBLIC \"-//X//X\" \"http://127.0.0.1:9/package.dtd\">"),
                Dtd("dtd-parameter-entity", "a parameter entity from outside", "<!DOCTYPE MigrationPackage [<!ENTITY % a SYSTEM \"http://127.0.0.1:9/a\"> %a;]>"),
                Dtd("dtd-default-attribute", "an attribute by default", "<!DOCTYPE MigrationPackage [<!ATTLIST Key kind CDATA \"Migratable\">]>"),
                Dtd("dtd-notation", "a notation and an unparsed entity", "<!DOCTYPE MigrationPackage [<!NOTATION n SYSTEM \"n\"><!ENTITY a SYSTEM \"a\" NDATA n>]>"),
                Dtd("dtd-entity", "an internal entity in use", "<!DOCTYPE MigrationPackage [<!ENTITY a \"parent of all\">]>", entity).AgainstSchema,
                Dtd("dtd-entity-of-markup", "an internal entity that holds elements", "<!DOCTYPE MigrationPackage [<!ENTITY a \"<x/>\">]>", entity).AgainstSchema,
                Dtd("dtd-xxe-file", "an external entity: a file", "<!DOCTYPE MigrationPackage [<!ENTITY a SYSTEM \"file:///etc/hostname\">]>", entity).AgainstSchema,
                Dtd("dtd-xxe-http", "an external entity: a web address", "<!DOCTYPE MigrationPackage [<!ENTITY a SYSTEM \"http://127.0.0.1:9/a\">]>", entity).AgainstSchema,
                Dtd("dtd-xxe-in-attribute", "an entity in an attribute", "<!DOCTYPE MigrationPackage [<!ENTITY a \"machine-a\">]>", SignedOne.Swap("machine-a", "&a;")),
                Dtd("dtd-billion-laughs", "entities that grow exponentially", "<!DOCTYPE MigrationPackage [<!ENTITY z \"ha\">" + string.Concat(Enumerable.Range(0, 10).Select(i =>
                    $"<!ENTITY {(char)('y' - i)} \"{string.Concat(Enumerable.Repeat($"&{(char)('z' - i)};", 10))}\">")) + "]>", entity.Swap("&a;", "&p;")).AgainstSchema,
                Dtd("dtd-quadratic", "one long entity used often", $"<!DOCTYPE MigrationPackage [<!ENTITY a \"{new string('a', 2000)}\">]>", SignedFamily.Swap("parent of all", string.Concat(Enumerable.Repeat("&a;", 500)))).AgainstSchema,
                Dtd("dtd-recursive", "an entity within itself", "<!DOCTYPE MigrationPackage [<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">]>", entity).AgainstSchema,
                new("dtd-in-content", "DocumentType", "a document type declaration within the document element", SignedOne.Swap("<Keys>", "<!DOCTYPE Keys><Keys>")) { Schema = "invalid" },
                new("dtd-after-root", "DocumentType", "a document type declaration behind the document element", SignedOne + "<!DOCTYPE MigrationPackage>") { Schema = "invalid" },
            ];
        }
    }

    /// <summary>The canonical form leaves comments out and dissolves CDATA: signatures hold over them, so they are refused as such.</summary>
    private static IEnumerable<PackageVector> Nodes =>
    [
        Node("comment-before-root", "a comment before the document element", SignedOne.Swap("<MigrationPackage", Comment + "<MigrationPackage")),
        Node("comment-after-root", "a comment behind the document element", SignedOne + Comment),
        Node("comment-between-keys", "a comment between keys", SignedTwo.Swap("<Key id", Comment + "<Key id")),
        Node("comment-before-source", "a comment before Source", SignedOne.Swap("<Source", Comment + "<Source")),
        Node("comment-in-description", "a comment that divides a text", SignedFamily.Swap("parent of all", "parent" + Comment + " of all")),
        Node("comment-in-base64", "a comment within base64", SignedOne.Content("Public", s => s[..8] + Comment + s[8..])),
        Node("comment-in-empty-element", "a comment within an empty element", SignedOne.Swap(" data=\"\" />", $" data=\"\">{Comment}</Step>")),
        Node("comment-before-signature", "a comment before the signature", SignedOne.Swap("<Signature ", Comment + "<Signature ")),
        Node("comment-in-signed-info", "a comment within SignedInfo", SignedOne.Swap("<Reference", Comment + "<Reference")),
        Node("comment-in-digest-value", "a comment within DigestValue", SignedOne.Content("DigestValue", s => s[..4] + Comment + s[4..])),
        Node("comment-in-signature-value", "a comment within SignatureValue", SignedOne.Content("SignatureValue", s => s[..4] + Comment + s[4..])),
        Node("comment-in-certificate", "a comment within the certificate", SignedOne.Content("X509Certificate", s => s[..4] + Comment + s[4..])),
        Node("instruction-before-root", "a processing instruction before the document element", SignedOne.Swap("<MigrationPackage", "<?xml-stylesheet href=\"http://127.0.0.1:9/a.xsl\"?><MigrationPackage")),
        Node("instruction-after-root", "a processing instruction behind the document element", SignedOne + Instruction),
        Node("instruction-in-keys", "a processing instruction between keys", SignedTwo.Swap("<Key id", Instruction + "<Key id")),
        Node("instruction-in-base64", "a processing instruction within base64", SignedOne.Content("Public", s => s[..8] + Instruction + s[8..])),
        Node("instruction-in-signed-info", "a processing instruction within SignedInfo", SignedOne.Swap("<Reference", Instruction + "<Reference")),
        Node("cdata-in-description", "a text as CDATA", SignedFamily.Swap("parent of all", "<![CDATA[parent of all]]>")),
        Node("cdata-in-base64", "base64 as CDATA", SignedOne.Content("Public", s => $"<![CDATA[{s}]]>")),
        Node("cdata-in-signature-value", "the value of the signature as CDATA", SignedOne.Content("SignatureValue", s => $"<![CDATA[{s}]]>")),
        Node("cdata-between-elements", "white space as CDATA", SignedOne.Swap("<Keys>", "<![CDATA[ ]]><Keys>")).AgainstSchema,
    ];

    private static IEnumerable<PackageVector> Limits =>
    [
        new("limit-bytes", "LimitExceeded", "one byte more than the limit", SignedOne) { Limits = $"bytes={SignedOne.Length - 1}" },
        new("limit-depth-lowered", "LimitExceeded", "deeper than the limit", SignedOne) { Limits = "depth=5" },
        new("limit-depth", "LimitExceeded", "seventeen elements deep", VectorText.Sign(Family.Swap("parent of all", string.Concat(Enumerable.Repeat("<x>", 13)) + string.Concat(Enumerable.Repeat("</x>", 13))))) { Schema = "invalid" },
        new("limit-depth-signature", "LimitExceeded", "a signature seventeen elements deep", VectorText.Sign(One, after: s => s.Swap("</KeyInfo>", string.Concat(Enumerable.Repeat("<x>", 14)) + string.Concat(Enumerable.Repeat("</x>", 14)) + "</KeyInfo>"))) { Schema = "invalid" },
        new("limit-attributes-lowered", "LimitExceeded", "more attributes than the limit", SignedOne) { Limits = "attributes=4" },
        new("limit-attributes", "LimitExceeded", "seventeen attributes", VectorText.Sign(One.Swap("<Source", "<Source " + string.Join(' ', Enumerable.Range(0, 15).Select(i => $"a{i}=\"\""))))) { Schema = "invalid" },
        new("limit-namespaces", "LimitExceeded", "seventeen declarations of namespaces", VectorText.Sign(One.Swap("<Source", "<Source " + string.Join(' ', Enumerable.Range(0, 17).Select(i => $"xmlns:a{i}=\"urn:a{i}\""))))),
        new("limit-attribute-length", "LimitExceeded", "an attribute longer than the limit", VectorText.Sign(One.Swap("machine-a", new string('a', 1001)))) { Limits = "attributeLength=1000" },
        new("limit-keys", "LimitExceeded", "more keys than the limit", SignedTwo) { Limits = "keys=1" },
        new("limit-data", "LimitExceeded", "more data than the limit", SignedFamily) { Limits = "dataPerKey=1" },
        new("limit-certificates", "LimitExceeded", "65 release authorities", VectorText.Sign(Family.Swap("<ReleaseAuthorities>", "<ReleaseAuthorities>" + string.Concat(Enumerable.Repeat("<Certificate>AA==</Certificate>", 64))))) { Schema = "invalid" },
    ];

    private static PackageVector Dtd(string name, string why, string declaration, string? document = null) =>
        new(name, "DocumentType", why, (document ?? SignedOne).Swap(Declaration, Declaration + declaration));

    private static PackageVector Node(string name, string why, string text) => new(name, "Malformed", why, text) { Schema = "valid" };

    private static byte[] Raw(params byte[] bytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(SignedOne);
        int at = SignedOne.IndexOf("machine-a", StringComparison.Ordinal);
        return [.. text[..at], .. bytes, .. text[at..]];
    }
}

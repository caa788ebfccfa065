using System;
using System.Collections.Generic;
using System.Linq;
using static TpmMigration.Tests.Packages.Vectors.VectorBases;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>What is XML and signed, but not of the form that packages have.</summary>
internal static class FormVectors
{
    internal static IEnumerable<PackageVector> All => [.. Roots, .. Headers, .. Elements, .. Keys, .. Namespaces, .. Base64, .. Structures, .. Ids];

    private static string Foreign => "<x xmlns=\"urn:example:foreign\" />";

    private static IEnumerable<PackageVector> Roots =>
    [
        Bad("version-missing", "no version", One.Swap(" version=\"1\"", string.Empty)),
        Bad("version-unknown", "version 2", One.Swap(" version=\"1\"", " version=\"2\""), "UnknownVersion"),
        Bad("version-empty", "an empty version", One.Swap(" version=\"1\"", " version=\"\""), "UnknownVersion"),
        Bad("version-padded", "version 01", One.Swap(" version=\"1\"", " version=\"01\""), "UnknownVersion"),
        Bad("version-point", "version 1.0", One.Swap(" version=\"1\"", " version=\"1.0\""), "UnknownVersion"),
        Bad("root-other-name", "another document element", One.Swap("<MigrationPackage", "<Package").Swap("</MigrationPackage", "</Package")),
        Bad("root-other-namespace", "the namespace of another version", One.Swap("urn:tpm-migration:package:1", "urn:tpm-migration:package:2")),
        Bad("root-no-namespace", "no namespace", One.Swap(" xmlns=\"urn:tpm-migration:package:1\"", string.Empty)),
        Bad("root-empty", "a document element that holds nothing", One.Part("<?xml", ">") + One.Part("<MigrationPackage", "\">").Swap("\">", "\" />")),
        Bad("root-unknown-attribute", "an attribute that is not known", One.Swap(" version=\"1\"", " version=\"1\" note=\"a\"")),
        Bad("root-text", "text between elements", One.Swap("<Keys>", "text<Keys>")),
    ];

    private static IEnumerable<PackageVector> Headers =>
    [
        Root("id-missing", "no id", "id", null),
        Root("id-upper-case", "a UUID in upper case", "id", s => s.ToUpperInvariant()),
        Root("id-in-braces", "a UUID in braces", "id", s => $"{{{s}}}"),
        Root("id-short", "a UUID with a digit missing", "id", s => s[..^1]),
        Root("id-without-hyphens", "a UUID without hyphens", "id", s => s.Replace("-", string.Empty, StringComparison.Ordinal)),
        Root("created-missing", "no time", "created", null),
        Root("created-local", "a time without zone", "created", s => s.TrimEnd('Z')),
        Root("created-offset", "a time with an offset", "created", s => s.TrimEnd('Z') + "+01:00"),
        Root("created-fraction", "a time with a fraction", "created", s => s.TrimEnd('Z') + ".5Z"),
        Root("created-february-30", "a day that is not", "created", _ => "2026-02-30T12:00:00Z"),
        Root("created-hour-24", "the end of a day as hour 24", "created", _ => "2026-01-31T24:00:00Z").BeyondSchema,
        Root("created-second-60", "a leap second", "created", _ => "2026-06-30T23:59:60Z"),
        Root("created-padded", "a time with blanks around it", "created", s => $" {s} ").BeyondSchema,
        Root("created-date", "a date without time", "created", _ => "2026-01-31"),
        Root("created-five-digit-year", "a year of five digits", "created", _ => "12026-01-31T12:00:00Z"),
        Root("purpose-missing", "no purpose", "purpose", null),
        Root("purpose-unknown", "an unknown purpose", "purpose", _ => "Archive"),
        Root("purpose-lower-case", "a purpose in lower case", "purpose", _ => "migrate"),
        Root("purpose-number", "a purpose as a number", "purpose", _ => "0"),
        Attribute("source-host-missing", "Source without host", "<Source", "host", null),
        Attribute("source-name-missing", "Source without name", "<Source", "name", null),
        Attribute("source-name-upper-case", "hexadecimal in upper case", "<Source", "name", s => s.ToUpperInvariant()),
        Attribute("source-name-odd", "an odd number of digits", "<Source", "name", s => s[..^1]),
        Attribute("source-name-no-hex", "no hexadecimal", "<Source", "name", s => "zz" + s[2..]),
        Attribute("destination-kind-missing", "Destination without kind", "<Destination", "kind", null),
        Attribute("destination-kind-unknown", "an unknown kind of destination", "<Destination", "kind", _ => "RecoveryKey"),
        Attribute("destination-host-missing", "Destination without host", "<Destination", "host", null),
        Attribute("destination-name-missing", "Destination without parentName", "<Destination", "parentName", null),
        Attribute("xsi-type", "xsi:type", "<Source", "host", s => s + "\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:p=\"urn:tpm-migration:package:1\" xsi:type=\"p:Source").BeyondSchema,
        Attribute("xsi-schema-location", "xsi:schemaLocation", "<MigrationPackage", "version", s => s + "\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:tpm-migration:package:1 http://127.0.0.1:9/a.xsd").BeyondSchema,
        Attribute("xml-lang", "xml:lang", "<Source", "host", s => s + "\" xml:lang=\"en"),
        Attribute("xml-space", "xml:space", "<MigrationPackage", "version", s => s + "\" xml:space=\"preserve"),
        Attribute("xml-base", "xml:base", "<MigrationPackage", "version", s => s + "\" xml:base=\"http://127.0.0.1:9/"),
        Attribute("xml-id", "xml:id", "<Source", "host", s => s + "\" xml:id=\"a"),
        Attribute("foreign-attribute", "an attribute of another namespace", "<Source", "host", s => s + "\" xmlns:x=\"urn:example:foreign\" x:host=\"a"),
        Attribute("qualified-attribute", "an attribute of the package's own namespace", "<Source", "host", s => s + "\" xmlns:p=\"urn:tpm-migration:package:1\" p:host=\"a"),
    ];

    private static IEnumerable<PackageVector> Elements =>
    [
        Bad("source-missing", "no Source", One.Without("<Source", "/>")),
        Bad("source-twice", "Source twice", One.Swap("<Destination", One.Part("<Source", "/>") + "<Destination")),
        Bad("source-text", "text within Source", One.Swap(One.Part("<Source", "/>"), One.Part("<Source", "/>").Swap(" />", ">text</Source>"))),
        Bad("source-space", "white space within Source, which is empty", One.Swap(One.Part("<Source", "/>"), One.Part("<Source", "/>").Swap(" />", "> </Source>"))),
        Bad("source-child", "an element within Source", One.Swap(One.Part("<Source", "/>"), One.Part("<Source", "/>").Swap(" />", "><Host /></Source>"))),
        Bad("destination-missing", "no Destination", One.Without("<Destination", "</Destination>")),
        Bad("destination-before-source", "elements in another order", One.Without("<Source", "/>").Swap("</Destination>", "</Destination>" + One.Part("<Source", "/>"))),
        Bad("parent-missing", "Destination without Parent", One.Without("<Parent>", "</Parent>")),
        Bad("parent-twice", "Destination with two parents", One.Swap("</Parent>", "</Parent>" + One.Part("<Parent>", "</Parent>"))),
        Bad("authorities-empty", "ReleaseAuthorities without certificate", Family.Without("<Certificate>", "</Certificate>")),
        Bad("authorities-after-keys", "ReleaseAuthorities behind the keys", Family.Without("<ReleaseAuthorities>", "</ReleaseAuthorities>").Swap("</Keys>", "</Keys>" + Family.Part("<ReleaseAuthorities>", "</ReleaseAuthorities>"))),
        Bad("data-key-without-seed", "DataKey without EncryptedSeed", Family.Without("<EncryptedSeed>", "</EncryptedSeed>")),
        Bad("data-key-twice", "two data keys", Family.Swap("</DataKey>", "</DataKey>" + Family.Part("<DataKey>", "</DataKey>"))),
        Bad("keys-missing", "no Keys", One.Without("<Keys>", "</Keys>")),
        Bad("keys-empty", "Keys without a key", One.Without("<Key id", "</Key>")),
        Bad("keys-empty-tag", "Keys as an empty tag", One.Swap(One.Part("<Keys>", "</Keys>"), "<Keys />")),
        Bad("keys-attribute", "an attribute on Keys", One.Swap("<Keys>", "<Keys count=\"1\">")),
        Bad("keys-text", "text between keys", One.Swap("<Keys>", "<Keys>text")),
        Bad("keys-no-break-space", "a no-break space between keys, which is no white space in XML", One.Swap("<Keys>", "<Keys>\u00A0")),
        Bad("key-no-break-space", "a no-break space within a key", One.Swap("<Public>", "\u00A0<Public>")),
        Bad("keys-unknown-element", "an element in Keys that is not known", One.Swap("<Keys>", "<Keys><Note />")),
        Bad("root-unknown-element", "an element in the package that is not known", One.Swap("<Keys>", "<Note /><Keys>")),
        Bad("approvals-empty", "Approvals without an approval", One.Without("<Approval>", "</Approval>")),
        Bad("approvals-twice", "Approvals twice", One.Swap("</Approvals>", "</Approvals>" + One.Part("<Approvals>", "</Approvals>"))),
        Bad("approvals-before-keys", "Approvals before the keys", One.Without("<Approvals>", "</Approvals>").Swap("<Keys>", One.Part("<Approvals>", "</Approvals>") + "<Keys>")),
        Bad("extension-type-missing", "Extension without type", Family.Swap(" type=\"urn:example:note\"", string.Empty)),
        Bad("extension-critical-missing", "Extension that does not say whether it is critical", Family.Swap(" critical=\"false\"", string.Empty)),
        Bad("extension-critical-one", "critical as a number", Family.Swap(" critical=\"false\"", " critical=\"0\"")),
        Bad("extension-elements", "Extension that holds an element", Family.Swap("AQID</Extension>", "<a /></Extension>")),
        Bad("extension-before-approvals", "Extension before Approvals", One.Swap("<Approvals>", "<Extension type=\"urn:example:note\" critical=\"false\">AQID</Extension><Approvals>")),
        Bad("extension-critical", "a critical extension of the package", Family.Swap(" critical=\"false\"", " critical=\"true\""), "UnknownExtension"),
        Bad("extension-critical-in-key", "a critical extension of a key", One.Swap("</Key>", "<Extension type=\"urn:example:note\" critical=\"true\">AQID</Extension></Key>"), "UnknownExtension"),
    ];

    private static IEnumerable<PackageVector> Keys =>
    [
        .. new[] { "id", "keyName", "kind", "name", "created", "hasPassword" }.Select(name => Attribute($"key-{name}-missing", $"Key without {name}", "<Key id", name, null)),
        Attribute("key-id-upper-case", "a key's UUID in upper case", "<Key id", "id", s => s.ToUpperInvariant()),
        Attribute("key-created-fraction", "a key's time with a fraction", "<Key id", "created", s => s.TrimEnd('Z') + ".000Z"),
        Attribute("key-name-upper-case", "a key's TPM name in upper case", "<Key id", "name", s => s.ToUpperInvariant()),
        Attribute("key-password-one", "hasPassword as a number", "<Key id", "hasPassword", _ => "1"),
        Attribute("key-password-capital", "hasPassword in upper case", "<Key id", "hasPassword", _ => "True"),
        Bad("key-public-missing", "Key without Public", One.Without("<Public>", "</Public>")),
        Bad("key-public-twice", "Key with two public areas", One.Swap("</Public>", "</Public>" + One.Part("<Public>", "</Public>"))),
        Bad("key-description-late", "Description behind Public", Family.Without("<Description>", "</Description>").Swap("<Policy>", Family.Part("<Description>", "</Description>") + "<Policy>")),
        Bad("key-description-elements", "Description that holds an element", Family.Swap("parent of all", "parent <b>of</b> all")),
        Bad("key-unknown-element", "an element in Key that is not known", One.Swap("<Policy>", "<Note /><Policy>")),
        Bad("key-foreign-element", "an element of another namespace", One.Swap("<Policy>", Foreign + "<Policy>")),
        Bad("key-text", "text within Key", One.Swap("<Policy>", "text<Policy>")),
        Bad("key-blob-missing", "Key without blob", One.Without("<MigrationBlob>", "</MigrationBlob>")),
        Bad("key-two-blobs", "Key with two kinds of blob", One.Swap("</MigrationBlob>", "</MigrationBlob><ChildBlob><Private>AQID</Private></ChildBlob>")),
        Bad("key-child-blob-without-parent", "a child's blob for a key without parent", One.Swap(One.Part("<MigrationBlob>", "</MigrationBlob>"), "<ChildBlob><Private>AQID</Private></ChildBlob>")).BeyondSchema,
        Bad("key-migration-blob-with-parent", "a migration blob for a key with a parent", Family.Swap(Family.Part("<ChildBlob>", "</ChildBlob>"), Family.Part("<MigrationBlob>", "</MigrationBlob>"))).BeyondSchema,
        Bad("key-duplicate-missing", "a migration blob without Duplicate", One.Without("<Duplicate>", "</Duplicate>")),
        Bad("key-seed-missing", "a migration blob without EncryptedSeed", One.Without("<EncryptedSeed>", "</EncryptedSeed>")),
        Bad("key-seed-first", "a migration blob in another order", One.Without("<Duplicate>", "</Duplicate>").Swap("</EncryptedSeed>", "</EncryptedSeed>" + One.Part("<Duplicate>", "</Duplicate>"))),
        Bad("key-private-missing", "a child's blob without Private", Family.Without("<Private>", "</Private>")),
        Bad("policy-empty", "Policy without branch", One.Swap(One.Part("<Branch>", "</Branch>"), string.Empty)),
        Bad("policy-branch-empty", "Branch without step", One.Swap(One.Part("<Branch>", "</Branch>"), "<Branch />")),
        Attribute("policy-command-missing", "Step without command", "<Step", "command", null),
        Attribute("policy-command-short", "a command code of three bytes", "<Step", "command", s => s[2..]),
        Attribute("policy-command-prefixed", "a command code with 0x", "<Step", "command", s => "0x" + s[2..]),
        Attribute("policy-data-missing", "Step without data", "<Step", "data", null),
        Bad("policy-step-text", "text within Step", One.Swap(" data=\"\" />", " data=\"\">text</Step>")),
        Bad("pcrs-empty", "ExpectedPcrs without a PCR", Bound.Swap(Bound.Part("<ExpectedPcrs>", "</ExpectedPcrs>"), "<ExpectedPcrs />")),
        Bad("pcrs-behind-blob", "ExpectedPcrs behind the blob", Bound.Without("<ExpectedPcrs>", "</ExpectedPcrs>").Swap("</MigrationBlob>", "</MigrationBlob>" + Bound.Part("<ExpectedPcrs>", "</ExpectedPcrs>"))),
        Bad("pcrs-text", "text within ExpectedPcrs", Bound.Swap("<ExpectedPcrs>", "<ExpectedPcrs>text")),
        .. new[] { "bank", "index", "value" }.Select(name => Bad($"pcrs-{name}-missing", $"a PCR without {name}", Bound.Swap(Bound.Part("<Pcr ", "/>"), Bound.Part("<Pcr ", "/>").Without($" {name}=\"", "\"")))),
        Bad("pcrs-bank-unknown", "a bank that is not known", Bound.Attribute("<Pcr ", "bank", _ => "md5")),
        Bad("pcrs-bank-upper-case", "a bank in upper case", Bound.Attribute("<Pcr ", "bank", _ => "SHA256")),
        Bad("pcrs-index-24", "a PCR beyond the last", Bound.Attribute("<Pcr ", "index", _ => "24")),
        Bad("pcrs-index-padded", "a number of a PCR with a zero before it", Bound.Attribute("<Pcr ", "index", _ => "00")),
        Bad("pcrs-value-upper-case", "a value in upper case", Bound.Attribute("<Pcr ", "value", s => s.ToUpperInvariant())),
        Bad("pcrs-value-empty", "an empty value", Bound.Attribute("<Pcr ", "value", _ => string.Empty)),
        Bad("pcrs-value-of-other-bank", "a value of the size of another bank", Bound.Attribute("<Pcr ", "value", s => s + new string('0', 32))).BeyondSchema,
        Bad("authorities-in-key-empty", "SelectionAuthorities without certificate", One.Swap("<MigrationBlob>", "<SelectionAuthorities /><MigrationBlob>")),
        Bad("data-empty", "Data without item", Family.Swap(Family.Part("<Data>", "</Data>"), "<Data />")),
        .. new[] { "type", "name", "mediaType", "length" }.Select(name => FamilyAttribute($"data-{name}-missing", $"Item without {name}", name, null)),
        FamilyAttribute("data-length-negative", "a negative length", "length", s => "-" + s),
        FamilyAttribute("data-length-huge", "a length beyond 31 bits", "length", _ => "2147483648"),
        FamilyAttribute("data-length-fraction", "a length with a fraction", "length", s => s + ".0"),
        FamilyAttribute("data-length-signed", "a length with a sign", "length", s => "+" + s),
        FamilyAttribute("data-length-hex", "a length in hexadecimal", "length", s => "0x" + s),
        FamilyAttribute("data-length-empty", "an empty length", "length", _ => string.Empty),
        FamilyAttribute("data-length-padded", "a length with a blank before it", "length", s => " " + s).BeyondSchema,
    ];

    private static IEnumerable<PackageVector> Namespaces =>
    [
        Bad("namespace-undeclared", "an element without namespace", One.Swap("<Keys>", "<Keys xmlns=\"\">")),
        Bad("namespace-other", "an element of another namespace", One.Swap("<Keys>", "<Keys xmlns=\"urn:example:foreign\">")),
        Bad("namespace-other-prefix", "a prefix of another namespace", One.Swap("<Keys>", "<x:Keys xmlns:x=\"urn:example:foreign\">").Swap("</Keys>", "</x:Keys>")),
        Bad("namespace-signature", "an element in the namespace of signatures", One.Swap("<Keys>", "<x:Keys xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\">").Swap("</Keys>", "</x:Keys>")),
        Bad("namespace-trailing-blank", "the namespace with a blank behind it", One.Swap("package:1\"", "package:1 \"")),
        Bad("namespace-foreign-first", "an element of another namespace comes first", One.Swap("<Source", Foreign + "<Source")),
    ];

    private static IEnumerable<PackageVector> Base64 =>
    [
        Bad("base64-truncated", "base64 with a digit missing", One.Content("Public", s => s[1..])),
        Bad("base64-bad-character", "a character that base64 does not have", One.Content("Public", s => "!" + s[1..])),
        Bad("base64-url", "the alphabet for URLs", One.Content("Duplicate", s => "-_" + s[2..])),
        Bad("base64-padding-inside", "padding in the middle", One.Content("Public", s => "AA==" + s)),
        Bad("base64-too-much-padding", "padding where none belongs", One.Content("Public", s => s.TrimEnd('=') + "====")),
        Bad("base64-loose-bits", "bits behind the last byte", Family.Swap("AQID</Extension>", "AR==</Extension>")),
        Bad("base64-no-break-space", "a no-break space within base64", One.Content("Public", s => s[..8] + "\u00A0" + s[8..])).BeyondSchema,
        Bad("base64-elements", "an element within base64", One.Content("Public", s => s + "<x />")),
        Bad("base64-attribute", "an attribute on an element of base64", One.Swap("<Public>", "<Public encoding=\"hex\">")),
        Bad("base64-empty-public", "an empty public area", One.Content("Public", _ => string.Empty)).BeyondSchema,
    ];

    private static IEnumerable<PackageVector> Structures =>
    [
        Structure("public-truncated", "a public area without its last byte", "Public", b => b[..^1]),
        Structure("public-extended", "a public area with a byte behind it", "Public", b => [.. b, 0]),
        Structure("public-sized", "TPM2B_PUBLIC instead of TPMT_PUBLIC", "Public", b => [0, (byte)b.Length, .. b]),
        Structure("public-unknown-type", "an object type that is not known", "Public", b => [0x99, 0x99, .. b[2..]]),
        Structure("public-unknown-name-algorithm", "a name algorithm that is not known", "Public", b => [b[0], b[1], 0x99, 0x99, .. b[4..]]),
        Structure("public-null-name-algorithm", "a public area without name algorithm", "Public", b => [b[0], b[1], 0x00, 0x10, .. b[4..]]),
        Structure("public-policy-too-long", "a policy longer than what is left", "Public", b => [.. b[..8], 0xFF, 0xFF, .. b[10..]]),
        Structure("destination-public-truncated", "a new parent without its last byte", "Parent", b => b[..^1]),
        Structure("destination-public-extended", "a new parent with a byte behind it", "Parent", b => [.. b, 0]),
    ];

    private static IEnumerable<PackageVector> Ids
    {
        get
        {
            string first = Two.Part("<Key id", "</Key>");
            string firstId = Id(first), secondId = Id(Two.Swap(first, string.Empty).Part("<Key id", "</Key>"));
            string root = Family.Part("<Key id", "</Key>");
            string middle = Family.Swap(root, string.Empty).Part("<Key id", "</Key>");
            string leaf = Family.Swap(root, string.Empty).Swap(middle, string.Empty).Part("<Key id", "</Key>");
            return
            [
                Bad("duplicate-key-id", "two keys of one id", Two.Swap(secondId, firstId), "Duplicate"),
                Bad("duplicate-key", "the same key twice", Two.Swap(first, first + first), "Duplicate"),
                Bad("duplicate-key-name", "two keys of one name", Two.Swap("keyName=\"Second\"", "keyName=\"First\""), "Duplicate").BeyondSchema,
                Bad("duplicate-key-name-in-case", "two keys whose names differ in case only", Two.Swap("keyName=\"Second\"", "keyName=\"FIRST\""), "Duplicate").BeyondSchema,
                Bad("duplicate-data", "two pieces of data of one type and name", Family.Swap("</Data>", Family.Part("<Item", "</Item>") + "</Data>"), "Duplicate").BeyondSchema,
                Bad("parent-unknown", "a parent that is not in the package", Family.Swap($"parent=\"{Id(middle)}\"", $"parent=\"{VectorPackages.Id("unknown"):D}\""), "ParentMissing"),
                Bad("parent-after-child", "a child before its parent", Family.Swap(leaf, string.Empty).Swap(middle, leaf + middle), "ParentMissing").BeyondSchema,
                Bad("parent-itself", "a key that is its own parent", Family.Swap($"parent=\"{Id(root)}\"", $"parent=\"{Id(middle)}\""), "ParentMissing").BeyondSchema,
                Bad("parent-cycle", "two keys that are each other's parent", Family.Swap($"parent=\"{Id(root)}\"", $"parent=\"{Id(leaf)}\""), "ParentMissing").BeyondSchema,
                Bad("parent-upper-case", "a parent's id in upper case", Family.Swap($"parent=\"{Id(root)}\"", $"parent=\"{Id(root).ToUpperInvariant()}\"")),
            ];
        }
    }

    private static string Id(string key) => key.Part("id=\"", "\"")[4..^1];

    private static PackageVector Bad(string name, string why, string template, string expected = "Malformed") => new(name, expected, why, VectorText.Sign(template));

    private static PackageVector Structure(string name, string why, string element, Func<byte[], byte[]> change) => Bad(name, why, One.Bytes(element, change)).BeyondSchema;

    private static PackageVector Root(string name, string why, string attribute, Func<string, string>? change) => Attribute("package-" + name, why, "<MigrationPackage", attribute, change);

    private static PackageVector FamilyAttribute(string name, string why, string attribute, Func<string, string>? change) => Attribute(name, why, "<Item", attribute, change, Family);

    private static PackageVector Attribute(string name, string why, string element, string attribute, Func<string, string>? change, string? template = null)
    {
        template ??= One;
        if (change != null) return Bad(name, why, template.Attribute(element, attribute, change));
        string tag = template.Part(element, ">");
        return Bad(name, why, template.Swap(tag, tag.Without($" {attribute}=\"", "\"")));
    }
}

using System.Collections.Generic;
using static TpmMigration.Tests.Packages.Vectors.VectorBases;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Signed content that was moved, copied or exchanged while its signature was kept: signature wrapping.</summary>
internal static class MovedVectors
{
    private const string Declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

    internal static IEnumerable<PackageVector> All
    {
        get
        {
            // What an attacker has: one package that is signed, and anything that needs no signature.
            string original = SignedOne.Swap(Declaration, string.Empty).TrimEnd();
            string bare = original.Swap(Signature(original), string.Empty);
            string evil = VectorText.Sign(VectorText.Template(VectorPackages.Package([VectorPackages.Migrating("First", VectorPackages.Second)], [VectorPackages.Approval(VectorPackages.Second)], "destination-ecc")), VectorSigner.Stranger)
                .Swap(Declaration, string.Empty).TrimEnd();
            string evilBare = evil.Swap(Signature(evil), string.Empty);
            string signature = Signature(original);
            string first = SignedTwo.Part("<Key id", "</Key>");
            string second = SignedTwo.Swap(first, string.Empty).Part("<Key id", "</Key>");
            string evilKey = evil.Part("<Key id", "</Key>");

            return
            [
                Moved("moved-into-extension", "Malformed", "the signed package within an extension of another", evilBare.Swap("</MigrationPackage>", $"<Extension type=\"urn:example:note\" critical=\"false\">{bare}</Extension>{signature}</MigrationPackage>")),
                Moved("moved-into-object", "Signature.Malformed", "the signed package within an Object of its signature", evilBare.Swap("</MigrationPackage>", signature.Swap("</Signature>", $"<Object>{bare}</Object></Signature>") + "</MigrationPackage>")),
                Moved("moved-into-object-by-id", "Signature.Scope", "the signed package within an Object, to which the signature refers", evilBare.Swap("</MigrationPackage>", signature.Swap("URI=\"\"", "URI=\"#a\"").Swap("</Signature>", $"<Object Id=\"a\">{bare}</Object></Signature>") + "</MigrationPackage>")),
                Moved("moved-to-sibling", "Malformed", "the signed package beside the keys of another", evilBare.Swap("<Approvals>", original + "<Approvals>")),
                Moved("moved-to-first-child", "Malformed", "the signed package before everything of another", evilBare.Swap("<Source", original + "<Source")),
                Moved("moved-behind-signature", "Signature.Misplaced", "the signed package behind its signature", evilBare.Swap("</MigrationPackage>", signature + bare + "</MigrationPackage>")),
                Moved("moved-into-key-info", "Signature.Malformed", "the signed package within KeyInfo", evilBare.Swap("</MigrationPackage>", signature.Swap("</KeyInfo>", bare + "</KeyInfo>") + "</MigrationPackage>")),
                Moved("moved-into-description", "Malformed", "the signed package within a description", evilBare.Swap("<Public>", $"<Description>{bare}</Description><Public>").Swap("</MigrationPackage>", signature + "</MigrationPackage>")),
                Moved("moved-into-foreign-wrapper", "Malformed", "the signed package within an element of another namespace", evilBare.Swap("<Keys>", $"<w:wrap xmlns:w=\"urn:example:foreign\">{original}</w:wrap><Keys>").Swap("</MigrationPackage>", signature + "</MigrationPackage>")),
                Moved("moved-into-foreign-root", "Malformed", "the signed package within another document element", $"<Envelope>{original}</Envelope>"),
                Moved("moved-root-doubled", "Malformed", "the signed package within a copy of its document element", original.Part("<MigrationPackage", ">") + original + "</MigrationPackage>"),
                Moved("moved-signature-into-key", "Malformed", "the signature within a key", original.Swap(signature, string.Empty).Swap("</Key>", signature + "</Key>")),
                Moved("moved-second-keys-before", "Malformed", "other keys before those that are signed", original.Swap("<Keys>", evil.Part("<Keys>", "</Keys>") + "<Keys>")),
                Moved("moved-second-keys-behind", "Malformed", "other keys behind those that are signed", original.Swap("</Keys>", "</Keys>" + evil.Part("<Keys>", "</Keys>"))),
                Moved("moved-second-keys-in-extension", "Malformed", "the signed keys within an extension, others in their place", original.Swap(original.Part("<Keys>", "</Keys>"), evil.Part("<Keys>", "</Keys>")).Swap("<Signature", $"<Extension type=\"urn:example:note\" critical=\"false\">{original.Part("<Keys>", "</Keys>")}</Extension><Signature")),
                Moved("moved-key-into-key", "Malformed", "a key within a signed key", original.Swap("</Key>", evilKey + "</Key>")),
                Moved("moved-signature-in-signature", "Signature.Malformed", "the signature within one by a stranger", evil.Swap("</Signature>", $"<Object>{original}</Object></Signature>")),
                Moved("exchanged-signature", "Signature.Document", "the signature of another package", evilBare.Swap("</MigrationPackage>", signature + "</MigrationPackage>")).BeyondSchema,
                Moved("exchanged-signed-info", "Signature.Value", "a stranger's SignedInfo with the signer's value", evil.Swap(Signature(evil), signature.Swap(signature.Part("<SignedInfo>", "</SignedInfo>"), Signature(evil).Part("<SignedInfo>", "</SignedInfo>")))).BeyondSchema,
                Moved("exchanged-key", "Signature.Document", "another key in place of a signed one", original.Swap(original.Part("<Key id", "</Key>"), evilKey)).BeyondSchema,
                Moved("exchanged-destination", "Signature.Document", "another destination", original.Swap(original.Part("<Destination", "</Destination>"), VectorBases.Rsa.Part("<Destination", "</Destination>"))).BeyondSchema,
                Moved("exchanged-approvals", "Signature.Document", "other approvals", original.Swap(original.Part("<Approvals>", "</Approvals>"), evil.Part("<Approvals>", "</Approvals>"))).BeyondSchema,
                Moved("added-key", "Signature.Document", "one key more", original.Swap("</Keys>", evilKey.Attribute("<Key id", "id", _ => VectorPackages.Id("added").ToString()).Attribute("<Key id", "keyName", _ => "Added") + "</Keys>")).BeyondSchema,
                Moved("added-approval", "Signature.Document", "one approval more", original.Swap("</Approvals>", evil.Part("<Approval>", "</Approval>") + "</Approvals>")).BeyondSchema,
                Moved("added-extension", "Signature.Document", "one extension more", original.Swap("<Signature", "<Extension type=\"urn:example:note\" critical=\"false\">AQID</Extension><Signature")).BeyondSchema,
                Moved("added-description", "Signature.Document", "a description more", original.Swap("<Public>", "<Description>harmless</Description><Public>")).BeyondSchema,
                Moved("added-white-space", "Signature.Document", "one blank more between elements", original.Swap("<Keys>", " <Keys>")).BeyondSchema,
                new("removed-key", "Signature.Document", "one key less", SignedTwo.Swap(second, string.Empty)),
                new("removed-description", "Signature.Document", "a description less", SignedFamily.Without("<Description>", "</Description>")),
                new("removed-approvals", "Signature.Document", "the approvals less", SignedOne.Without("<Approvals>", "</Approvals>")),
                new("reordered-keys", "Signature.Document", "keys in another order", SignedTwo.Swap(first, "@").Swap(second, first).Swap("@", second)),
                new("altered-host", "Signature.Document", "one letter of a host name changed", SignedOne.Swap("machine-b", "machine-c")),
                new("altered-purpose", "Signature.Document", "another purpose", SignedOne.Swap("\"Migrate\"", "\"Backup\"")),
                new("altered-prefix", "Signature.Document", "a prefix given after signing, which the canonical form shows", SignedOne.Swap("<Source ", "<p:Source xmlns:p=\"urn:tpm-migration:package:1\" ")),
                new("altered-base64-layout", "Signature.Document", "the same base64 with a line break", SignedOne.Content("Public", s => s[..8] + "\n" + s[8..])),
            ];

            PackageVector Moved(string name, string expected, string why, string text) => new(name, expected, why, Declaration + text + "\n") { Schema = "invalid" };
        }
    }

    private static string Signature(string text) => text.Part("<Signature ", "</Signature>");
}

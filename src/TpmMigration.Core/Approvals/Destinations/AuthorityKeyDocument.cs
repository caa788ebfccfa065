using System;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// The XML form of a Migration Authority's storage key, namespace urn:tpm-migration:authority-key:1; schemas/MigrationAuthorityKey.xsd is its
/// normative text.
/// </summary>
public static class AuthorityKeyDocument
{
    private const string FormatVersion = "1";

    private const string Namespace = "urn:tpm-migration:authority-key:1";

    private static readonly XNamespace Ns = Namespace;

    /// <summary>Signs a key and writes it.</summary>
    public static string Write(MigrationAuthorityKey key, IDocumentSigner signer) => SignedDocument.Sign(new XElement(Ns + "MigrationAuthorityKey",
        new XAttribute("version", FormatVersion),
        new XAttribute("authority", key.AuthorityName),
        new XAttribute("created", StrictElement.FormatDate(key.Created)),
        new XAttribute("name", Hex.Format(key.Parent.Name)),
        new XElement(Ns + "Parent", Convert.ToBase64String(key.Parent.Marshal()))), signer).Text;

    /// <summary>Whether a document seems to be one of these, which only <see cref="Read(string)"/> can tell.</summary>
    internal static bool Resembles(string text) => text.Contains(Namespace);

    /// <summary>Reads a key. Who signed it is known then, and whether to trust that is for the caller to say.</summary>
    /// <param name="text">The document.</param>
    /// <exception cref="DestinationException">It is no such document, or its name is not that of its key.</exception>
    /// <exception cref="SignatureException">It is not signed with a certificate in the one way allowed, or was altered after it was signed.</exception>
    public static MigrationAuthorityKey Read(string text)
    {
        try
        {
            (StrictElement root, DocumentSignature signature) = SignedDocument.Read(text, Ns + "MigrationAuthorityKey");
            if (signature.Signer is not CertificateIdentity)
                throw new SignatureException(SignatureFault.Key, "A Migration Authority signs with a certificate, and this key is not signed with one.");
            return Read(root) with { Signature = signature };
        }
        catch (DocumentFormatException e)
        {
            throw new DestinationException(DestinationFault.Malformed, "This is no storage key of a Migration Authority. " + e.Message, e);
        }
    }

    private static MigrationAuthorityKey Read(StrictElement root)
    {
        if (root.Attribute("version") != FormatVersion) throw root.Fault($"It is not of version {FormatVersion}, which is the one that this module reads.");
        string authority = root.Attribute("authority");
        DateTime created = root.DateAttribute("created");
        byte[] name = root.HexAttribute("name");
        TpmtPublic parent = root.Child("Parent").Structure(TpmtPublic.Unmarshal);
        root.End();
        RequireWrappable(parent, root);
        if (!SecretBytes.FixedTimeEquals(name, parent.Name))
            throw new DestinationException(DestinationFault.Altered, "The storage key of the Migration Authority is not the key that its document names. Get it anew from the Migration Authority.");
        return new MigrationAuthorityKey { AuthorityName = authority, Created = created, Parent = parent };
    }

    private static void RequireWrappable(TpmtPublic parent, StrictElement root)
    {
        try
        {
            WrappingParent.From(parent);
        }
        catch (Exception e) when (e is ArgumentException or UnsupportedAlgorithmException or TpmWireException)
        {
            throw root.Fault("Nothing can be wrapped to the key in it. " + e.Message);
        }
    }
}

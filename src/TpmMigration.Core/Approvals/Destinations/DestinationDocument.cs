using System;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The XML form of a destination, namespace urn:tpm-migration:destination:1.</summary>
public static class DestinationDocument
{
    private const int MostCertificates = 8;

    private static readonly XNamespace Ns = "urn:tpm-migration:destination:1";

    public static string Write(MigrationDestination destination) => StrictXml.Save(new XElement(Ns + "MigrationDestination",
        new XAttribute("kind", destination.Kind),
        new XAttribute("host", destination.HostName),
        new XAttribute("created", StrictElement.FormatDate(destination.Created)),
        new XAttribute("parentName", Hex.Format(destination.Parent.Name)),
        Element("Parent", destination.Parent.Marshal()),
        destination.EndorsementKey == null ? null : new XElement(Ns + "Endorsement",
            Element("Public", destination.EndorsementKey.Marshal()),
            destination.EndorsementCertificates.Select(c => Element("Certificate", c))),
        destination.Certification?.ToElement(Ns)));

    /// <summary>Reads a destination, or the signed storage key of a Migration Authority as one.</summary>
    /// <exception cref="DestinationException">The document is malformed, or its parent name is not that of its parent.</exception>
    /// <exception cref="SignatureException">It is a Migration Authority's key, and its signature does not hold.</exception>
    public static MigrationDestination Read(string text)
    {
        if (AuthorityKeyDocument.Resembles(text)) return AuthorityKeyDocument.Read(text).ToDestination();
        try
        {
            return Read(StrictXml.Load(text, Ns + "MigrationDestination"));
        }
        catch (DocumentFormatException e)
        {
            throw new DestinationException(DestinationFault.Malformed, "This is no destination document. " + e.Message, e);
        }
    }

    private static MigrationDestination Read(StrictElement root)
    {
        DestinationKind kind = root.EnumAttribute<DestinationKind>("kind");
        string host = root.Attribute("host");
        DateTime created = root.DateAttribute("created");
        byte[] parentName = root.HexAttribute("parentName");
        TpmtPublic parent = root.Child("Parent").Structure(TpmtPublic.Unmarshal);
        if (!parent.IsStorageKey)
            throw root.Fault("The parent is no storage key: it cannot take keys in.");
        if (kind == DestinationKind.EndorsementKey != (EndorsementTemplate.Of(parent) != null))
            throw root.Fault(kind == DestinationKind.EndorsementKey ? "The parent is no endorsement key of a default template." : "The parent is an endorsement key, and the document calls it a storage key.");
        if (!TpmHash.IsSupported(parent.NameAlg) || !SecretBytes.FixedTimeEquals(parentName, parent.Name))
            throw new DestinationException(DestinationFault.Altered, "The destination's parent is not the key that the document names: the document was altered. Ask the destination for a new one.");

        TpmtPublic? endorsement = null;
        byte[][] certificates = [];
        if (root.OptionalChild("Endorsement") is { } evidence)
        {
            endorsement = evidence.Child("Public").Structure(TpmtPublic.Unmarshal);
            certificates = evidence.Children("Certificate").Select(c => c.Base64()).Take(MostCertificates).ToArray();
            evidence.End();
        }
        if (kind == DestinationKind.EndorsementKey && endorsement != null && !SecretBytes.FixedTimeEquals(endorsement.Name, parent.Name))
            throw new DestinationException(DestinationFault.Altered, "The destination is an endorsement key, and its evidence is for another: the document was altered. Ask the destination for a new one.");
        KeyCertification? certification = root.OptionalChild("Certification") is { } statement ? KeyCertification.Read(statement) : null;
        root.End();
        if (kind == DestinationKind.EndorsementKey && certification != null) throw root.Fault("An endorsement key is proven by its certificate, not by a certification.");
        return new MigrationDestination
        {
            Kind = kind,
            HostName = host,
            Created = created,
            Parent = parent,
            EndorsementKey = endorsement,
            EndorsementCertificates = certificates,
            Certification = certification,
        };
    }

    private static XElement Element(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));
}

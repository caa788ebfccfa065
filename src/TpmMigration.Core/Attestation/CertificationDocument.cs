using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>The XML form of a certification, namespace urn:tpm-migration:certification:1; schemas/KeyCertification.xsd is its normative text.</summary>
public static class CertificationDocument
{
    private const int MostCertificates = 8, MostAncestors = 16;

    private static readonly XNamespace Ns = "urn:tpm-migration:certification:1";

    public static string Write(CertifiedKey key) => StrictXml.Save(new XElement(Ns + "KeyCertification",
        new XAttribute("host", key.HostName),
        new XAttribute("created", StrictElement.FormatDate(key.Created)),
        new XAttribute("keyName", key.KeyName),
        new XAttribute("name", Hex.Format(key.TpmName)),
        key.Nonce.Length == 0 ? null : new XAttribute("nonce", Hex.Format(key.Nonce)),
        Element("Public", key.PublicArea.Marshal()),
        PolicyElement.Of(Ns, key.Policy),
        key.SelectionAuthorities.Count == 0 ? null : new XElement(Ns + "SelectionAuthorities", key.SelectionAuthorities.Select(c => Element("Certificate", c))),
        key.Ancestors == null ? null : new XElement(Ns + "Ancestors", key.Ancestors.Select(a => Element("Public", a.Marshal()))),
        key.Certification.ToElement(Ns),
        key.Creation == null ? null : new XElement(Ns + "Creation",
            Element("Data", key.Creation.Data),
            Element("Statement", key.Creation.Statement),
            Element("Signature", key.Creation.Signature.Marshal())),
        key.EndorsementKey == null ? null : new XElement(Ns + "Endorsement",
            Element("Public", key.EndorsementKey.Marshal()),
            key.EndorsementCertificates.Select(c => Element("Certificate", c)))));

    /// <summary>Reads the form; what it is worth is for <see cref="CertificationExaminer"/> to say.</summary>
    /// <exception cref="CertificationException">The document is malformed.</exception>
    public static CertifiedKey Read(string text)
    {
        try
        {
            return Read(StrictXml.Load(text, Ns + "KeyCertification"));
        }
        catch (DocumentFormatException e)
        {
            throw new CertificationException(CertificationFault.Malformed, "This is no certification of a key. " + e.Message, e);
        }
    }

    private static CertifiedKey Read(StrictElement root)
    {
        string host = root.Attribute("host");
        DateTime created = root.DateAttribute("created");
        string keyName = root.Attribute("keyName");
        byte[] tpmName = root.HexAttribute("name");
        byte[] nonce = root.OptionalAttribute("nonce") == null ? [] : root.HexAttribute("nonce");
        TpmtPublic publicArea = root.Child("Public").Structure(TpmtPublic.Unmarshal);
        IReadOnlyList<PolicyStep>[] policy = root.OptionalChild("Policy") is { } policyElement ? PolicyElement.Read(policyElement) : [];
        byte[][] authorities = root.OptionalChild("SelectionAuthorities") is { } authoritiesElement ? Certificates(authoritiesElement) : [];
        TpmtPublic[]? ancestors = root.OptionalChild("Ancestors") is { } ancestorsElement ? ReadAncestors(ancestorsElement) : null;
        KeyCertification certification = KeyCertification.Read(root.Child("Certification"));
        CreationCertification? creation = root.OptionalChild("Creation") is { } creationElement ? ReadCreation(creationElement) : null;
        TpmtPublic? endorsement = null;
        byte[][] certificates = [];
        if (root.OptionalChild("Endorsement") is { } evidence)
        {
            endorsement = evidence.Child("Public").Structure(TpmtPublic.Unmarshal);
            certificates = Certificates(evidence);
        }
        root.End();
        return new CertifiedKey
        {
            HostName = host,
            Created = created,
            KeyName = keyName,
            TpmName = tpmName,
            Nonce = nonce,
            PublicArea = publicArea,
            Policy = policy,
            SelectionAuthorities = authorities,
            Ancestors = ancestors,
            Certification = certification,
            Creation = creation,
            EndorsementKey = endorsement,
            EndorsementCertificates = certificates,
        };
    }

    private static TpmtPublic[] ReadAncestors(StrictElement element)
    {
        TpmtPublic[] ancestors = element.Children("Public").Take(MostAncestors).Select(a => a.Structure(TpmtPublic.Unmarshal)).ToArray();
        element.End();
        return ancestors;
    }

    private static CreationCertification ReadCreation(StrictElement element)
    {
        var creation = new CreationCertification(
            element.Child("Data").Base64(), element.Child("Statement").Base64(), element.Child("Signature").Structure(TpmtSignature.Unmarshal));
        element.End();
        return creation;
    }

    /// <summary>One certificate more than there may be is an element that does not belong there.</summary>
    private static byte[][] Certificates(StrictElement element)
    {
        byte[][] certificates = element.Children("Certificate").Take(MostCertificates).Select(c => c.Base64()).ToArray();
        element.End();
        return certificates;
    }

    private static XElement Element(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>The XML form of a receipt, namespace urn:tpm-migration:receipt:1; schemas/MigrationReceipt.xsd.</summary>
public static class ReceiptDocument
{
    private const string FormatVersion = "1";

    // A package of a hundred thousand keys has a receipt of some 60 MB.
    private static readonly DocumentLimits Limits = new() { MostBytes = 64L * 1024 * 1024 };

    private static readonly XNamespace Ns = "urn:tpm-migration:receipt:1";

    /// <summary>Signs a receipt and writes it.</summary>
    public static string Write(MigrationReceipt receipt, IDocumentSigner signer) => SignedDocument.Sign(new XElement(Ns + "MigrationReceipt",
        new XAttribute("version", FormatVersion),
        new XAttribute("id", receipt.Id.ToString("D")),
        new XAttribute("created", StrictElement.FormatDate(receipt.Created)),
        new XAttribute("host", receipt.HostName),
        new XAttribute("package", receipt.PackageId.ToString("D")),
        new XAttribute("sourceName", Hex.Format(receipt.SourceName)),
        new XAttribute("parentName", Hex.Format(receipt.ParentName)),
        new XAttribute("aboveParent", Hex.Format(receipt.AboveParent)),
        Element("AttestationKey", receipt.AttestationKey.Marshal()),
        new XElement(Ns + "Keys", receipt.Keys.Select(Key))), signer).Text;

    /// <param name="text">The document.</param>
    /// <exception cref="ReceiptException">It is no receipt.</exception>
    /// <exception cref="SignatureException">It is not signed in the one way allowed, or was altered after it was signed.</exception>
    public static MigrationReceipt Read(string text)
    {
        try
        {
            (StrictElement root, DocumentSignature signature) = SignedDocument.Verify(StrictXml.Load(text, Ns + "MigrationReceipt", Limits).Raw);
            return Read(root) with { Signature = signature };
        }
        catch (DocumentFormatException e)
        {
            throw new ReceiptException(ReceiptFault.Malformed, "This is no receipt. " + e.Message, e);
        }
    }

    private static MigrationReceipt Read(StrictElement root)
    {
        if (root.Attribute("version") != FormatVersion) throw root.Fault($"It is not of version {FormatVersion}, which is the one that this module reads.");
        var receipt = new MigrationReceipt
        {
            Id = root.GuidAttribute("id"),
            Created = root.DateAttribute("created"),
            HostName = root.Attribute("host"),
            PackageId = root.GuidAttribute("package"),
            SourceName = root.HexAttribute("sourceName"),
            ParentName = Name(root, "parentName"),
            AboveParent = root.HexAttribute("aboveParent"),
            AttestationKey = root.Child("AttestationKey").Structure(TpmtPublic.Unmarshal),
            Keys = ReadKeys(root.Child("Keys")),
        };
        root.End();
        if (!TpmHash.IsSupported(receipt.AttestationKey.NameAlg)) throw root.Fault("The name of the attestation key is of an algorithm that is not known.");
        return receipt;
    }

    private static List<ReceiptKey> ReadKeys(StrictElement list)
    {
        List<ReceiptKey> keys = [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (StrictElement element in list.Children("Key"))
        {
            ReceiptKey key = ReadKey(element);
            if (key.Parent != null && !names.Contains(Hex.Format(key.Parent))) throw element.Fault("A key stands before its parent, or without it.");
            if (!names.Add(Hex.Format(key.TpmName))) throw element.Fault("A key stands there twice.");
            keys.Add(key);
        }
        list.End();
        return keys.Count != 0 ? keys : throw list.Fault("It tells of no key.");
    }

    private static ReceiptKey ReadKey(StrictElement element)
    {
        string name = element.Attribute("keyName");
        byte[] tpmName = Name(element, "name");
        bool isChild = element.OptionalAttribute("parent") != null;
        byte[]? parent = isChild ? Name(element, "parent") : null;
        ReceiptProof? proof = isChild ? null : new ReceiptProof(element.Child("Statement").Base64(), element.Child("Signature").Structure(TpmtSignature.Unmarshal));
        element.End();
        return new ReceiptKey(name, tpmName, proof, parent);
    }

    /// <summary>A TPM name: its algorithm, and a digest of that algorithm's size.</summary>
    private static byte[] Name(StrictElement element, string attribute)
    {
        byte[] name = element.HexAttribute(attribute);
        return name.Length > 2 && (TpmAlgId)(name[0] << 8 | name[1]) is var algorithm && TpmHash.IsSupported(algorithm) && name.Length == 2 + TpmHash.Size(algorithm)
            ? name
            : throw element.Fault($"The attribute {attribute} of <{element.Name}> is no TPM name.");
    }

    private static XElement Key(ReceiptKey key) => new(Ns + "Key",
        new XAttribute("keyName", key.Name),
        new XAttribute("name", Hex.Format(key.TpmName)),
        key.Parent == null ? null : new XAttribute("parent", Hex.Format(key.Parent)),
        key.Proof == null ? null : Element("Statement", key.Proof.Statement),
        key.Proof == null ? null : Element("Signature", key.Proof.Signature.Marshal()));

    private static XElement Element(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));
}

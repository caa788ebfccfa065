using System;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>The XML form of a release, namespace urn:tpm-migration:release:1; schemas/RecoveryRelease.xsd is its normative text. Signed by the agent.</summary>
public static class ReleaseDocument
{
    private static readonly XNamespace Ns = "urn:tpm-migration:release:1";

    /// <param name="release">What is released; its signature, if it has one, is replaced.</param>
    /// <param name="agent">Signs once.</param>
    internal static string Write(RecoveryRelease release, IDocumentSigner agent) => SignedDocument.Sign(
        new XElement(Ns + "RecoveryRelease",
            new XAttribute("xmlns", Ns.NamespaceName),
            new XAttribute("id", release.Id.ToString("D")),
            new XAttribute("created", StrictElement.FormatDate(release.Created)),
            new XElement(Ns + "Reason", release.Reason),
            new XElement(Ns + "Package", new XAttribute("id", release.PackageId.ToString("D"))),
            new XElement(Ns + "Destination", new XAttribute("host", release.DestinationHost), new XAttribute("parentName", Hex.Format(release.DestinationName))),
            new XElement(Ns + "RecoveryKey",
                Base64("Public", release.SealedKey.PublicArea.Marshal()),
                Base64("Duplicate", release.SealedKey.Wrapped.Duplicate),
                Base64("EncryptedSeed", release.SealedKey.Wrapped.EncryptedSeed))),
        agent).Text;

    /// <exception cref="RecoveryException">It is no release document.</exception>
    /// <exception cref="SignatureException">It is not signed in the one way allowed, or was altered after it was signed.</exception>
    public static RecoveryRelease Read(string text)
    {
        try
        {
            (StrictElement root, DocumentSignature signature) = SignedDocument.Read(text, Ns + "RecoveryRelease");
            return Read(root, signature);
        }
        catch (DocumentFormatException e)
        {
            throw new RecoveryException(RecoveryFault.Malformed, "This is no release of a recovery agent. " + e.Message + " Get it anew from the agent.", e);
        }
    }

    private static RecoveryRelease Read(StrictElement root, DocumentSignature signature)
    {
        Guid id = root.GuidAttribute("id");
        DateTime created = root.DateAttribute("created");
        string reason = root.Child("Reason").Text();
        if (string.IsNullOrWhiteSpace(reason)) throw root.Fault("The release gives no reason.");
        StrictElement package = root.Child("Package");
        Guid packageId = package.GuidAttribute("id");
        package.End();
        StrictElement destination = root.Child("Destination");
        string host = destination.Attribute("host");
        byte[] parentName = destination.HexAttribute("parentName");
        destination.End();
        StrictElement key = root.Child("RecoveryKey");
        TpmtPublic publicArea = key.Child("Public").Structure(TpmtPublic.Unmarshal);
        if (publicArea.Parameters is not TpmsKeyedHashParms { Scheme: TpmAlgId.Null } || !TpmHash.IsSupported(publicArea.NameAlg)) throw key.Fault("<RecoveryKey> holds no sealed data.");
        var wrapped = new WrappedKey(key.Child("Duplicate").Base64(), key.Child("EncryptedSeed").Base64());
        key.End();
        root.End();
        return new RecoveryRelease(new SealedSecret(publicArea, wrapped), signature)
        {
            Id = id,
            Created = created,
            Reason = reason,
            PackageId = packageId,
            DestinationHost = host,
            DestinationName = parentName,
        };
    }

    private static XElement Base64(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));
}

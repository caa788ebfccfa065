using System.IO;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tests.Signatures;

namespace TpmMigration.Tests.Packages;

/// <summary>Packages as text, and signatures made anew over text that a test has changed.</summary>
internal static class SignedText
{
    private static readonly XNamespace Ns = "urn:tpm-migration:package:1";

    internal static SoftwareSigner Signer { get; } = SoftwareSigner.Ecdsa();

    internal static string Write(MigrationPackage package, IDocumentSigner? signer = null)
    {
        using var stream = new MemoryStream();
        PackageWriter.Write(package, signer ?? Signer, stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    internal static MigrationPackage Read(string text, PackageLimits? limits = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return PackageReader.Read(stream, limits);
    }

    /// <summary>The document signed as it now is, whatever it holds.</summary>
    internal static string Sign(XDocument document, IDocumentSigner? signer = null)
    {
        XElement root = document.Root!;
        root.Element(XmlSignature.Ns + "Signature")?.Remove();
        DocumentSignature signature = XmlSignature.Create(CanonicalDigest.Of(root), signer ?? Signer, Ns, depth: 1);
        root.Add(signature.Element);
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + root.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    internal static XDocument Parse(string text) => XDocument.Parse(text, LoadOptions.PreserveWhitespace);
}

using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using static TpmMigration.Packages.PackageSchema;

namespace TpmMigration.Packages;

/// <summary>Writes packages, key by key. The same package gives the same bytes.</summary>
public static class PackageWriter
{
    /// <summary>Signs a package and writes it.</summary>
    /// <param name="package">The package; a signature it has is replaced.</param>
    /// <param name="signer">Signs once.</param>
    /// <param name="output">Takes UTF-8; left open.</param>
    /// <returns>The package as a reader of the output will see it.</returns>
    public static MigrationPackage Write(MigrationPackage package, IDocumentSigner signer, Stream output) =>
        Write(package, output, digest => XmlSignature.Create(digest, signer, Ns, depth: 1));

    /// <summary>Writes a package that is signed already, as it is.</summary>
    /// <exception cref="InvalidOperationException">It is not signed.</exception>
    /// <exception cref="SignatureException">It is not the package that was signed, or another writer laid it out in another way.</exception>
    public static void Write(MigrationPackage package, Stream output) => Write(package, output, digest =>
    {
        DocumentSignature signature = package.Signature ?? throw new InvalidOperationException("The package is not signed.");
        signature.Verify(digest);
        return signature;
    });

    private static MigrationPackage Write(MigrationPackage package, Stream output, Func<byte[], DocumentSignature> sign)
    {
        using var digest = new CanonicalDigest();
        using XmlWriter text = XmlWriter.Create(output, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            NewLineHandling = NewLineHandling.Entitize,
            CloseOutput = false,
        });
        text.WriteStartDocument();
        text.WriteWhitespace("\n");
        var both = new BothWriters(text, digest);
        both.Start(Root(package), depth: 0);
        both.Element(Source(package.Source));
        both.Element(Destination(package.Destination));
        foreach (PackageRewrap rewrap in package.Rewraps) both.Element(Rewrapped(rewrap));
        if (package.ReleaseAuthorities.Count != 0) both.Element(new XElement(Ns + "ReleaseAuthorities", package.ReleaseAuthorities.Select(Certificate)));
        if (package.DataKey is { } key) both.Element(DataKey(key));
        if (package.InnerWrap is { } innerWrap) both.Element(InnerWrapXml.Write(innerWrap));
        both.Start(new XElement(Ns + "Keys"), depth: 1);
        foreach (PackageKey each in package.Keys)
            both.Element(Key(each));
        both.End();
        if (package.Approvals.Count != 0) both.Element(new XElement(Ns + "Approvals", package.Approvals.Select(a => Base64("Approval", a))));
        foreach (PackageExtension extension in package.Extensions)
            both.Element(Extension(extension));

        // The signature covers the white space around it, but not itself.
        both.Space(XmlLayout.Break(1));
        both.EndFirst();
        DocumentSignature signature = sign(digest.Finish());
        signature.Element.WriteTreeTo(text);
        text.WriteWhitespace(XmlLayout.Break(0));
        text.WriteEndElement();
        text.WriteWhitespace("\n");
        return package with { Signature = signature };
    }

    private static XElement Root(MigrationPackage package) => new(Ns + "MigrationPackage",
        new XAttribute("xmlns", Ns.NamespaceName),
        new XAttribute("version", FormatVersion),
        new XAttribute("id", package.Id.ToString("D")),
        new XAttribute("created", StrictElement.FormatDate(package.Created)),
        new XAttribute("purpose", package.Purpose));

    private static XElement Source(PackageSource source) => new(Ns + "Source",
        new XAttribute("host", source.HostName),
        new XAttribute("name", Hex.Format(source.Name)));

    private static XElement Destination(PackageDestination destination) => new(Ns + "Destination",
        new XAttribute("kind", destination.Kind),
        new XAttribute("host", destination.HostName),
        new XAttribute("parentName", Hex.Format(destination.Parent.Name)),
        Base64("Parent", destination.Parent.Marshal()));

    private static XElement Rewrapped(PackageRewrap rewrap) => new(Ns + "Rewrapped",
        new XAttribute("time", StrictElement.FormatDate(rewrap.Time)),
        new XAttribute("host", rewrap.HostName),
        new XAttribute("parentName", Hex.Format(rewrap.ParentName)),
        rewrap.IsReturn ? new XAttribute("isReturn", "true") : null);

    private static XElement DataKey(PackageDataKey key) => new(Ns + "DataKey",
        Base64("Public", key.PublicArea.Marshal()),
        Base64("Duplicate", key.Duplicate),
        Base64("EncryptedSeed", key.EncryptedSeed),
        InnerWrapXml.WriteInnerKey(key.InnerKey));

    private static XElement Key(PackageKey key) => new(Ns + "Key",
        new XAttribute("id", key.Id.ToString("D")),
        new XAttribute("keyName", key.Name),
        new XAttribute("kind", key.Kind),
        new XAttribute("name", Hex.Format(key.PublicArea.Name)),
        new XAttribute("created", StrictElement.FormatDate(key.Created)),
        new XAttribute("hasPassword", key.HasPassword ? "true" : "false"),
        key.Blob is ChildBlob child ? new XAttribute("parent", child.ParentId.ToString("D")) : null,
        key.Description == null ? null : new XElement(Ns + "Description", key.Description),
        Base64("Public", key.PublicArea.Marshal()),
        PolicyElement.Of(Ns, key.Policy),
        ExpectedPcrsElement.Of(key.ExpectedPcrs),
        key.SelectionAuthorities.Count == 0 ? null : new XElement(Ns + "SelectionAuthorities", key.SelectionAuthorities.Select(Certificate)),
        Blob(key.Blob),
        key.Possession is { } possession ? new XElement(Ns + "Possession", Base64("Statement", possession.Statement), Base64("Signature", possession.Signature.Marshal())) : null,
        key.Data.Count == 0 ? null : new XElement(Ns + "Data", key.Data.Select(Item)),
        key.Extensions.Select(Extension));

    private static XElement Blob(KeyBlob blob) => blob switch
    {
        MigrationBlob migration => new XElement(Ns + "MigrationBlob",
            Base64("Duplicate", migration.Duplicate),
            Base64("EncryptedSeed", migration.EncryptedSeed),
            InnerWrapXml.WriteInnerKey(migration.InnerKey)),
        ChildBlob child => new XElement(Ns + "ChildBlob", Base64("Private", child.Private)),
        _ => throw new ArgumentOutOfRangeException(nameof(blob)),
    };

    private static XElement Item(SealedData data) => new(Ns + "Item",
        new XAttribute("type", data.Type),
        new XAttribute("name", data.Name),
        new XAttribute("mediaType", data.MediaType),
        new XAttribute("length", data.Length),
        Convert.ToBase64String(data.Content));

    private static XElement Extension(PackageExtension extension) => new(Ns + "Extension",
        new XAttribute("type", extension.Type),
        new XAttribute("critical", extension.Critical ? "true" : "false"),
        Convert.ToBase64String(extension.Content));

    private static XElement Certificate(byte[] der) => Base64("Certificate", der);

    private static XElement Base64(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));

    /// <summary>Writes the same laid-out elements to the document and to its digest.</summary>
    private sealed class BothWriters
    {
        private readonly XmlWriter _document;
        private readonly CanonicalDigest _digest;
        private int _depth;

        internal BothWriters(XmlWriter document, CanonicalDigest digest) => (_document, _digest) = (document, digest);

        internal void Start(XElement tag, int depth)
        {
            if (depth > 0) Space(XmlLayout.Break(depth));
            tag.WriteStartTagTo(_document);
            _digest.Start(tag);
            _depth = depth;
        }

        internal void Element(XElement element)
        {
            Space(XmlLayout.Break(_depth + 1));
            element.Indent(_depth + 1).WriteTo(_document);
            _digest.Write(element);
        }

        internal void End()
        {
            Space(XmlLayout.Break(_depth));
            _document.WriteEndElement();
            _digest.End();
            _depth--;
        }

        /// <summary>Ends the document element in the digest, which does not see what the document goes on with.</summary>
        internal void EndFirst()
        {
            _digest.Write(XmlLayout.Break(0));
            _digest.End();
        }

        internal void Space(string space)
        {
            _document.WriteString(space);
            _digest.Write(space);
        }
    }
}

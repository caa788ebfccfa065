using System;
using System.Collections.Generic;
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

/// <summary>
/// Reads packages strictly and as a stream: size, XML, limits, form; then the signature over the very elements that were read; then
/// what belongs together in it (names and public areas, policies and digests, children and parents). Each refusal is of its own kind.
/// Whether the signer is trusted and the approvals hold is not asked here.
/// </summary>
public sealed class PackageReader
{
    private readonly TreeReader _tree;
    private const int MostRewraps = 64;

    private readonly XmlReader _xml;
    private readonly PackageLimits _limits;

    /// <summary>Null where the signature is not to be verified.</summary>
    private readonly CanonicalDigest? _digest;
    private readonly PackageKeyReader _keys;

    private PackageReader(XmlReader xml, PackageLimits limits, CanonicalDigest? digest)
    {
        _xml = xml;
        _limits = limits;
        _digest = digest;
        _tree = new TreeReader(xml, limits.Document);
        _keys = new PackageKeyReader(limits);
    }

    /// <param name="input">UTF-8; left open.</param>
    /// <param name="limits">How much is taken in; null for the default.</param>
    /// <exception cref="PackageFormatException">It is no package of this version, or passes a limit.</exception>
    /// <exception cref="SignatureException">It is not signed in the one way allowed, or was altered after it was signed.</exception>
    /// <exception cref="PackageIntegrityException">What belongs together in it does not fit.</exception>
    public static MigrationPackage Read(Stream input, PackageLimits? limits = null)
    {
        using var digest = new CanonicalDigest();
        return Read(input, limits ?? PackageLimits.Default, digest);
    }

    /// <summary>Reads bytes that are known to be those of a package that was verified or signed here before: its signature is not verified again.</summary>
    /// <inheritdoc cref="Read(Stream, PackageLimits?)"/>
    internal static MigrationPackage ReadAgain(Stream input, PackageLimits limits) => Read(input, limits, digest: null);

    private static MigrationPackage Read(Stream input, PackageLimits limits, CanonicalDigest? digest)
    {
        try
        {
            using var bounded = new BoundedStream(input, limits.Document.MostBytes);
            // An encoding with a byte order mark, since XML allows one and a reader of text leaves out only what its encoding has.
            using var text = new StreamReader(bounded, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, bufferSize: 8 * 1024, leaveOpen: true);
            using XmlReader xml = StrictXml.CreateReader(text, limits.Document.MostBytes);
            return new PackageReader(xml, limits, digest).Read();
        }
        catch (XmlException e)
        {
            throw StrictXml.IsAboutDocumentType(e)
                ? new PackageFormatException(PackageFormatFault.DocumentType, "The package has a document type declaration, which is not allowed.", e.LineNumber, e)
                : new PackageFormatException(PackageFormatFault.NotXml, "This is no whole Migration Package: no well-formed XML, or cut off. " + e.Message, e.LineNumber, e);
        }
        catch (DecoderFallbackException e)
        {
            throw new PackageFormatException(PackageFormatFault.NotXml, "This is no Migration Package: it is not in UTF-8.", 0, e);
        }
        catch (DocumentLimitException e)
        {
            throw new PackageFormatException(PackageFormatFault.LimitExceeded, "The package is larger than is taken in. " + e.Message, 0, e);
        }
        catch (DocumentFormatException e) when (e is not PackageFormatException)
        {
            throw new PackageFormatException(PackageFormatFault.Malformed, "This is no Migration Package of version " + FormatVersion + ". " + e.Message, 0, e);
        }
        catch (UnsupportedAlgorithmException e)
        {
            throw new PackageFormatException(PackageFormatFault.Malformed, "The package names an algorithm that this version does not know. " + e.Message, 0, e);
        }
    }

    private MigrationPackage Read()
    {
        ReadProlog();
        XElement root = _tree.StartTag();
        var header = new StrictElement(root, Ns + "MigrationPackage");
        if (header.Attribute("version") is var version && version != FormatVersion)
            throw new PackageFormatException(PackageFormatFault.UnknownVersion, $"The package is of version {Shown(version)}; this module reads version {FormatVersion}. Read it with a later release.", _tree.Line);
        var id = header.GuidAttribute("id");
        DateTime created = header.DateAttribute("created");
        PackagePurpose purpose = header.EnumAttribute<PackagePurpose>("purpose");
        header.End();
        bool isEmpty = _xml.IsEmptyElement;
        _digest?.Start(root);
        _xml.Read();
        if (isEmpty) throw new PackageFormatException(PackageFormatFault.Malformed, "The package is empty.", _tree.Line);

        PackageSource source = ReadSource(Next("Source"));
        PackageDestination destination = ReadDestination(Next("Destination"));
        List<PackageRewrap> rewraps = [];
        while (At("Rewrapped")) rewraps.Add(ReadRewrap(Next("Rewrapped"), rewraps.Count));
        byte[][] authorities = At("ReleaseAuthorities") ? PackageKeyReader.Certificates(Next("ReleaseAuthorities")) : [];
        PackageDataKey? dataKey = At("DataKey") ? ReadDataKey(Next("DataKey")) : null;
        PackageInnerWrap? innerWrap = At("InnerWrap") ? InnerWrapXml.Read(Next("InnerWrap")) : null;
        ReadKeys();
        List<byte[]> approvals = At("Approvals") ? ReadApprovals() : [];
        List<PackageExtension> extensions = [];
        while (At("Extension"))
            extensions.Add(PackageKeyReader.Extension(Next("Extension")));
        DocumentSignature signature = ReadSignature();
        _keys.RequireIntegrity(destination, dataKey, innerWrap);
        return new MigrationPackage
        {
            Id = id,
            Created = created,
            Purpose = purpose,
            Source = source,
            Destination = destination,
            Rewraps = rewraps,
            ReleaseAuthorities = authorities,
            DataKey = dataKey,
            InnerWrap = innerWrap,
            Keys = _keys.Keys,
            Approvals = approvals,
            Extensions = extensions,
            Signature = signature,
        };
    }

    private static PackageRewrap ReadRewrap(StrictElement element, int before)
    {
        if (before == MostRewraps) throw new DocumentLimitException($"The package was rewrapped more than {MostRewraps} times.", element.Line);
        var rewrap = new PackageRewrap(
            element.DateAttribute("time"), element.Attribute("host"), element.HexAttribute("parentName"), element.OptionalAttribute("isReturn") != null);
        if (rewrap.IsReturn && element.Attribute("isReturn") != "true") throw element.Fault("The attribute isReturn of <Rewrapped> is true or not there.");
        element.End();
        return rewrap;
    }

    private void ReadProlog()
    {
        while (_xml.Read() && _xml.NodeType != XmlNodeType.Element)
        {
            if (_xml.NodeType == XmlNodeType.XmlDeclaration)
            {
                if (_xml.GetAttribute("encoding") is { } encoding && !encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                    throw new PackageFormatException(PackageFormatFault.NotXml, "The package is not in UTF-8.", _tree.Line);
            }
            else if (_xml.NodeType != XmlNodeType.Whitespace)
            {
                throw _tree.Unexpected();
            }
        }
    }

    /// <summary>Whether the next element is this one; white space before it goes into the digest.</summary>
    private bool At(string name) => At(Ns + name);

    private bool At(XName name)
    {
        while (_xml.NodeType is XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
        {
            _digest?.Write(_xml.Value);
            _xml.Read();
        }
        if (_xml.NodeType is not (XmlNodeType.Element or XmlNodeType.EndElement)) throw _tree.Unexpected();
        return _xml.NodeType == XmlNodeType.Element && _xml.LocalName == name.LocalName && _xml.NamespaceURI == name.NamespaceName;
    }

    /// <summary>The next element, whole; what is returned is what the digest has seen.</summary>
    private StrictElement Next(string name)
    {
        if (!At(name)) throw Missing(name);
        XElement element = _tree.Read();
        _digest?.Write(element);
        return new StrictElement(element, Ns + name);
    }

    private Exception Missing(string name)
    {
        if (_xml.NodeType != XmlNodeType.Element) return new DocumentFormatException($"The package lacks the element <{name}>.", _tree.Line);
        if (At(XmlSignature.Ns + "Signature")) return new SignatureException(SignatureFault.Misplaced, $"The signature stands where <{name}> belongs; it must be the last element of the package.");
        return new DocumentFormatException($"<{Shown(_xml.LocalName)}> of namespace '{Shown(_xml.NamespaceURI)}' stands where <{name}> belongs.", _tree.Line);
    }

    private static PackageSource ReadSource(StrictElement element)
    {
        var source = new PackageSource(element.Attribute("host"), element.HexAttribute("name"));
        element.End();
        return source;
    }

    private PackageDestination ReadDestination(StrictElement element)
    {
        PackageDestinationKind kind = element.EnumAttribute<PackageDestinationKind>("kind");
        string host = element.Attribute("host");
        byte[] name = element.HexAttribute("parentName");
        TpmtPublic parent = element.Child("Parent").Structure(TpmtPublic.Unmarshal);
        element.End();
        _keys.HoldName("The destination's parent", name, parent);
        return new PackageDestination(kind, host, parent);
    }

    private static PackageDataKey ReadDataKey(StrictElement element)
    {
        var key = new PackageDataKey(
            element.Child("Public").Structure(TpmtPublic.Unmarshal), element.Child("Duplicate").Base64(), element.Child("EncryptedSeed").Base64(), InnerWrapXml.ReadInnerKey(element));
        element.End();
        return key;
    }

    private void ReadKeys()
    {
        foreach (StrictElement key in NextAll("Keys", "Key"))
        {
            if (_keys.Keys.Count == _limits.MostKeys)
                throw new DocumentLimitException($"It holds more than {_limits.MostKeys} keys.", key.Line);
            _keys.Read(key);
        }
    }

    private List<byte[]> ReadApprovals() => NextAll("Approvals", "Approval").Select(approval => approval.Base64()).ToList();

    /// <summary>The children of the next element one by one, of which there is at least one: lists may be long.</summary>
    private IEnumerable<StrictElement> NextAll(string list, string name)
    {
        if (!At(list)) throw Missing(list);
        XElement tag = _tree.StartTag();
        new StrictElement(tag, Ns + list).End();
        if (_xml.IsEmptyElement) throw new DocumentFormatException($"<{list}> is empty.", _tree.Line);
        _digest?.Start(tag);
        _xml.Read();
        bool any = false;
        for (; At(name); any = true)
            yield return Next(name);
        if (_xml.NodeType != XmlNodeType.EndElement) throw Missing(name);
        if (!any) throw new DocumentFormatException($"<{list}> is empty.", _tree.Line);
        _digest?.End();
        _xml.Read();
    }

    private DocumentSignature ReadSignature()
    {
        XName name = XmlSignature.Ns + "Signature";
        if (!At(name))
        {
            throw _xml.NodeType == XmlNodeType.EndElement
                ? new SignatureException(SignatureFault.Missing, "The package is not signed.")
                : new DocumentFormatException($"<{Shown(_xml.LocalName)}> stands where the package ends or its signature begins.", _tree.Line);
        }
        XElement element = _tree.Read();
        if (At(name)) throw new SignatureException(SignatureFault.Misplaced, "The package has more than one signature.");
        if (_xml.NodeType != XmlNodeType.EndElement)
            throw new SignatureException(SignatureFault.Misplaced, "Something follows the signature; it must be the last element of the package.");
        _digest?.End();
        while (_xml.Read())
        {
            if (_xml.NodeType != XmlNodeType.Whitespace) throw _tree.Unexpected();
        }
        DocumentSignature signature = XmlSignature.Read(element, Ns);
        if (_digest != null) signature.Verify(_digest.Finish());
        return signature;
    }

    // Names out of a document may be long; they are shown for people to find the place.
    private static string Shown(string text) => text.Length <= 64 ? text : text.Substring(0, 64) + "...";
}

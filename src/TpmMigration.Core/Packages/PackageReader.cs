using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;
using static TpmMigration.Packages.PackageSchema;

namespace TpmMigration.Packages;

/// <summary>
/// Reads packages strictly, one key at a time: what is not of the format is an error, and what belongs together must fit
/// (names and public areas, children and parents).
/// </summary>
public static class PackageReader
{
    /// <exception cref="PackageFormatException">The text is no package of this version.</exception>
    /// <exception cref="PackageIntegrityException">The package was altered.</exception>
    public static MigrationPackage Read(string text)
    {
        using var input = new StringReader(text);
        return Read(input);
    }

    /// <inheritdoc cref="Read(string)"/>
    public static MigrationPackage Read(TextReader input)
    {
        try
        {
            using XmlReader reader = StrictXml.CreateReader(input, MostCharacters);
            return ReadPackage(reader);
        }
        catch (XmlException e)
        {
            throw new PackageFormatException("This is no whole Migration Package. " + StrictXml.Explain(e), e.LineNumber, e);
        }
        catch (DocumentFormatException e) when (e is not PackageFormatException)
        {
            throw new PackageFormatException("This is no Migration Package of version " + FormatVersion + ". " + e.Message, 0, e);
        }
        catch (UnsupportedAlgorithmException e)
        {
            throw new PackageFormatException("The package names an algorithm that this version does not know. " + e.Message, 0, e);
        }
    }

    private static MigrationPackage ReadPackage(XmlReader reader)
    {
        reader.MoveToContent();
        var header = new StrictElement(HeaderOf(reader), Ns + "MigrationPackage");
        if (header.Attribute("version") is var version && version != FormatVersion)
            throw new PackageFormatException($"The package is of version {version}; this module reads version {FormatVersion}.");
        var package = (Id: header.GuidAttribute("id"), Created: header.DateAttribute("created"), Purpose: header.EnumAttribute<PackagePurpose>("purpose"));
        header.End();

        reader.ReadStartElement();
        PackageSource source = ReadSource(Next(reader, "Source"));
        PackageDestination destination = ReadDestination(Next(reader, "Destination"));
        IReadOnlyList<PackageKey> keys = ReadKeys(reader);
        List<XElement> approvals = [];
        if (reader.NodeType == XmlNodeType.Element)
            approvals.AddRange(Next(reader, "Approvals").Raw.Elements());
        reader.ReadEndElement();
        if (reader.MoveToContent() != XmlNodeType.None)
            throw new PackageFormatException("Something follows the package.");
        return new MigrationPackage
        {
            Id = package.Id,
            Created = package.Created,
            Purpose = package.Purpose,
            Source = source,
            Destination = destination,
            Keys = keys,
            Approvals = approvals,
        };
    }

    private static XElement HeaderOf(XmlReader reader)
    {
        var header = new XElement(XName.Get(reader.LocalName, reader.NamespaceURI));
        while (reader.MoveToNextAttribute())
        {
            if (reader.NamespaceURI == XNamespace.Xmlns.NamespaceName) continue;
            header.SetAttributeValue(reader.NamespaceURI.Length == 0 ? reader.LocalName : XName.Get(reader.LocalName, reader.NamespaceURI), reader.Value);
        }
        reader.MoveToElement();
        if (reader.IsEmptyElement)
            throw new PackageFormatException("The package is empty.");
        return header;
    }

    private static StrictElement Next(XmlReader reader, string name)
    {
        if (reader.NodeType != XmlNodeType.Element)
            throw new PackageFormatException($"The package lacks the element <{name}>.", LineOf(reader));
        return new StrictElement((XElement)XNode.ReadFrom(reader), Ns + name);
    }

    private static PackageSource ReadSource(StrictElement element)
    {
        var source = new PackageSource(element.Attribute("host"), element.HexAttribute("name"));
        element.End();
        return source;
    }

    private static PackageDestination ReadDestination(StrictElement element)
    {
        PackageDestinationKind kind = element.EnumAttribute<PackageDestinationKind>("kind");
        string host = element.Attribute("host");
        byte[] name = element.HexAttribute("parentName");
        TpmtPublic parent = element.Child("Parent").Structure(TpmtPublic.Unmarshal);
        element.End();
        CheckName("The destination's parent", name, parent);
        return new PackageDestination(kind, host, parent);
    }

    private static List<PackageKey> ReadKeys(XmlReader reader)
    {
        if (reader.NodeType != XmlNodeType.Element || reader.LocalName != "Keys" || reader.NamespaceURI != Ns.NamespaceName || reader.HasAttributes)
            throw new PackageFormatException("The package lacks the element <Keys>.", LineOf(reader));
        if (reader.IsEmptyElement)
            throw new PackageFormatException("The package holds no key.", LineOf(reader));
        reader.ReadStartElement();
        var keys = new List<PackageKey>();
        var byId = new Dictionary<Guid, PackageKey>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.NodeType == XmlNodeType.Element)
        {
            int line = LineOf(reader);
            PackageKey key = ReadKey(Next(reader, "Key"));
            if (byId.ContainsKey(key.Id) || !names.Add(key.Name))
                throw new PackageFormatException($"The id or name of the key '{key.Name}' occurs twice.", line);
            if (key.Blob is ChildBlob child)
                CheckParent(key, child, byId, line);
            byId.Add(key.Id, key);
            keys.Add(key);
            if (keys.Count > MostKeys)
                throw new PackageFormatException($"The package holds more than {MostKeys} keys.", line);
        }
        reader.ReadEndElement();
        return keys;
    }

    private static void CheckParent(PackageKey key, ChildBlob child, Dictionary<Guid, PackageKey> earlier, int line)
    {
        if (!earlier.TryGetValue(child.ParentId, out PackageKey? parent))
            throw new PackageFormatException($"The parent of the key '{key.Name}' is missing: a parent comes before its children.", line);
        if (!parent.PublicArea.IsStorageKey)
            throw new PackageIntegrityException($"The parent of the key '{key.Name}' is no storage key: the package was altered.");
        if (parent.PublicArea.Has(TpmaObject.EncryptedDuplication) != key.PublicArea.Has(TpmaObject.EncryptedDuplication))
            throw new PackageIntegrityException($"The key '{key.Name}' and its parent differ in encryptedDuplication, which no TPM allows: the package was altered.");
    }

    private static PackageKey ReadKey(StrictElement element)
    {
        Guid id = element.GuidAttribute("id");
        string name = element.Attribute("keyName");
        string kind = element.Attribute("kind");
        byte[] tpmName = element.HexAttribute("name");
        DateTime created = element.DateAttribute("created");
        bool hasPassword = element.Attribute("hasPassword") switch
        {
            "true" => true,
            "false" => false,
            _ => throw element.Fault("The attribute hasPassword of <Key> is neither true nor false."),
        };
        Guid? parent = element.OptionalAttribute("parent") == null ? null : element.GuidAttribute("parent");
        string? description = element.OptionalChild("Description")?.Text();
        TpmtPublic publicArea = element.Child("Public").Structure(TpmtPublic.Unmarshal);
        CheckName($"The key '{name}'", tpmName, publicArea);
        IReadOnlyList<PolicyStep>[] policy = element.OptionalChild("Policy") is { } policyElement ? ReadPolicy(policyElement) : [];
        KeyBlob blob = parent is { } parentId
            ? ReadChildBlob(element.Child("ChildBlob"), parentId)
            : ReadMigrationBlob(element.Child("MigrationBlob"));
        element.End();
        return new PackageKey
        {
            Id = id,
            Name = name,
            Kind = kind,
            PublicArea = publicArea,
            Created = created,
            Description = description,
            HasPassword = hasPassword,
            Policy = policy,
            Blob = blob,
        };
    }

    private static IReadOnlyList<PolicyStep>[] ReadPolicy(StrictElement element)
    {
        IReadOnlyList<PolicyStep>[] branches = element.Children("Branch").Select(ReadBranch).ToArray();
        element.End();
        return branches;
    }

    private static IReadOnlyList<PolicyStep> ReadBranch(StrictElement branch)
    {
        List<PolicyStep> steps = branch.Children("Step").Select(step =>
        {
            byte[] code = step.HexAttribute("command");
            if (code.Length != 4) throw step.Fault("The attribute command of <Step> is not a command code of 4 bytes.");
            var result = new PolicyStep(new TpmReader(code).ReadU32(), step.HexAttribute("data"));
            step.End();
            return result;
        }).ToList();
        branch.End();
        return steps;
    }

    private static MigrationBlob ReadMigrationBlob(StrictElement element)
    {
        var blob = new MigrationBlob(element.Child("Duplicate").Base64(), element.Child("EncryptedSeed").Base64());
        element.End();
        return blob;
    }

    private static ChildBlob ReadChildBlob(StrictElement element, Guid parentId)
    {
        var blob = new ChildBlob(parentId, element.Child("Private").Base64());
        element.End();
        return blob;
    }

    private static void CheckName(string what, byte[] name, TpmtPublic publicArea)
    {
        if (!SecretBytes.FixedTimeEquals(name, publicArea.Name))
            throw new PackageIntegrityException($"{what} does not have the name that the package gives it: the package was altered. Get it anew from its source.");
    }

    private static int LineOf(XmlReader reader) => reader is IXmlLineInfo line ? line.LineNumber : 0;
}

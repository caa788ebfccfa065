using TpmMigration.Tpm;
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;
using static TpmMigration.Packages.PackageSchema;

namespace TpmMigration.Packages;

/// <summary>Writes packages. The same package gives the same bytes.</summary>
public static class PackageWriter
{
    public static string Write(MigrationPackage package)
    {
        using var output = new StrictXml.Utf8StringWriter();
        Write(package, output);
        return output.ToString();
    }

    public static void Write(MigrationPackage package, TextWriter output)
    {
        using (XmlWriter writer = StrictXml.CreateWriter(output))
        {
            writer.WriteStartElement("MigrationPackage", Ns.NamespaceName);
            writer.WriteAttributeString("version", FormatVersion);
            writer.WriteAttributeString("id", package.Id.ToString("D"));
            writer.WriteAttributeString("created", StrictElement.FormatDate(package.Created));
            writer.WriteAttributeString("purpose", package.Purpose.ToString());
            Source(package.Source).WriteTo(writer);
            Destination(package.Destination).WriteTo(writer);
            writer.WriteStartElement("Keys", Ns.NamespaceName);
            foreach (PackageKey key in package.Keys)
                Key(key).WriteTo(writer);
            writer.WriteEndElement();
            if (package.Approvals.Count != 0)
                new XElement(Ns + "Approvals", package.Approvals).WriteTo(writer);
            writer.WriteEndElement();
        }
        output.Write('\n');
    }

    private static XElement Source(PackageSource source) => new(Ns + "Source",
        new XAttribute("host", source.HostName),
        new XAttribute("name", Hex.Format(source.Name)));

    private static XElement Destination(PackageDestination destination) => new(Ns + "Destination",
        new XAttribute("kind", destination.Kind),
        new XAttribute("host", destination.HostName),
        new XAttribute("parentName", Hex.Format(destination.Parent.Name)),
        Base64("Parent", destination.Parent.Marshal()));

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
        key.Policy.Count == 0 ? null : new XElement(Ns + "Policy", key.Policy.Select(Branch)),
        Blob(key.Blob));

    private static XElement Branch(IReadOnlyList<PolicyStep> steps) => new(Ns + "Branch", steps.Select(step =>
        new XElement(Ns + "Step",
            new XAttribute("command", Hex.Format([(byte)(step.CommandCode >> 24), (byte)(step.CommandCode >> 16), (byte)(step.CommandCode >> 8), (byte)step.CommandCode])),
            new XAttribute("data", Hex.Format(step.CommandPolicy)))));

    private static XElement Blob(KeyBlob blob) => blob switch
    {
        MigrationBlob migration => new XElement(Ns + "MigrationBlob",
            Base64("Duplicate", migration.Duplicate),
            Base64("EncryptedSeed", migration.EncryptedSeed)),
        ChildBlob child => new XElement(Ns + "ChildBlob", Base64("Private", child.Private)),
        _ => throw new ArgumentOutOfRangeException(nameof(blob)),
    };

    private static XElement Base64(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));
}

using System;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The XML form of an approval, namespace urn:tpm-migration:approval:1.</summary>
public static class ApprovalDocument
{
    private static readonly XNamespace Ns = "urn:tpm-migration:approval:1";

    /// <summary>The document in UTF-8, byte for byte as it was read where it was.</summary>
    public static byte[] ToBytes(OwnerApproval approval) => approval.Document ?? Encoding.UTF8.GetBytes(Write(approval));

    public static string Write(OwnerApproval approval) => StrictXml.Save(new XElement(Ns + "MigrationApproval",
        new XAttribute("id", approval.Id.ToString("D")),
        new XAttribute("approvedBy", approval.ApprovedBy),
        new XAttribute("created", StrictElement.FormatDate(approval.Created)),
        new XAttribute("validUntil", StrictElement.FormatDate(approval.ValidUntil)),
        new XElement(Ns + "Reason", approval.Reason),
        new XElement(Ns + "Machine", new XAttribute("host", approval.MachineHost), new XAttribute("name", Hex.Format(approval.MachineName))),
        new XElement(Ns + "Key", new XAttribute("keyName", approval.KeyName), new XAttribute("name", Hex.Format(approval.KeyTpmName))),
        new XElement(Ns + "Destination", new XAttribute("host", approval.DestinationHost), new XAttribute("name", Hex.Format(approval.DestinationName))),
        approval.Ticket == null ? null : new XElement(Ns + "OwnerTicket",
            new XAttribute("cpHash", Hex.Format(approval.Ticket.CpHash)),
            new XAttribute("timeout", Hex.Format(approval.Ticket.Timeout)),
            approval.Ticket.InnerWrap ? new XAttribute("innerWrap", "true") : null,
            Convert.ToBase64String(approval.Ticket.Ticket.Marshal()))));

    /// <exception cref="ApprovalException">The document is malformed.</exception>
    public static OwnerApproval Read(string text)
    {
        try
        {
            return Read(StrictXml.Load(text, Ns + "MigrationApproval")) with { Document = Encoding.UTF8.GetBytes(text) };
        }
        catch (DocumentFormatException e)
        {
            throw new ApprovalException(ApprovalFault.Malformed, "This is no approval document. " + e.Message, e);
        }
    }

    private static OwnerApproval Read(StrictElement root)
    {
        Guid id = root.GuidAttribute("id");
        string approvedBy = root.Attribute("approvedBy");
        DateTime created = root.DateAttribute("created");
        DateTime validUntil = root.DateAttribute("validUntil");
        string reason = root.Child("Reason").Text();
        if (string.IsNullOrWhiteSpace(reason))
            throw root.Fault("The approval gives no reason.");
        (string machineHost, byte[] machineName) = ReadNamed(root.Child("Machine"), "host");
        (string keyName, byte[] keyTpmName) = ReadNamed(root.Child("Key"), "keyName");
        (string destinationHost, byte[] destinationName) = ReadNamed(root.Child("Destination"), "host");
        OwnerTicket? ticket = root.OptionalChild("OwnerTicket") is { } element
            ? ReadTicket(element)
            : null;
        root.End();
        return new OwnerApproval
        {
            Id = id,
            ApprovedBy = approvedBy,
            Reason = reason,
            Created = created,
            ValidUntil = validUntil,
            MachineHost = machineHost,
            MachineName = machineName,
            KeyName = keyName,
            KeyTpmName = keyTpmName,
            DestinationHost = destinationHost,
            DestinationName = destinationName,
            Ticket = ticket,
        };
    }

    private static OwnerTicket ReadTicket(StrictElement element)
    {
        byte[] cpHash = element.HexAttribute("cpHash"), timeout = element.HexAttribute("timeout");
        bool innerWrap = element.OptionalAttribute("innerWrap") != null && element.BoolAttribute("innerWrap");
        return new OwnerTicket(cpHash, timeout, element.Structure(TpmtTicket.Unmarshal), innerWrap);
    }

    private static (string Host, byte[] Name) ReadNamed(StrictElement element, string textAttribute)
    {
        var result = (element.Attribute(textAttribute), element.HexAttribute("name"));
        element.End();
        return result;
    }
}

using System;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;
using static TpmMigration.Approvals.ApprovalDocument;

namespace TpmMigration.Approvals;

/// <summary>What an approval of the TPM Owner holds in XML.</summary>
internal static class OwnerApprovalXml
{
    internal static object?[] Content(OwnerApproval approval) =>
    [
        Named("Machine", "host", approval.MachineHost, approval.MachineName),
        Named("Key", "keyName", approval.KeyName, approval.KeyTpmName),
        Destination(approval),
        approval.Ticket == null ? null : new XElement(Ns + "OwnerTicket",
            new XAttribute("cpHash", Hex.Format(approval.Ticket.CpHash)),
            new XAttribute("timeout", Hex.Format(approval.Ticket.Timeout)),
            approval.Ticket.InnerWrap ? new XAttribute("innerWrap", "true") : null,
            Convert.ToBase64String(approval.Ticket.Ticket.Marshal())),
    ];

    internal static OwnerApproval Read(StrictElement root)
    {
        Guid id = root.GuidAttribute("id");
        string approvedBy = root.Attribute("approvedBy");
        DateTime created = root.DateAttribute("created");
        DateTime validUntil = root.DateAttribute("validUntil");
        string reason = ReadReason(root);
        (string machineHost, byte[] machineName) = ReadNamed(root.Child("Machine"), "host");
        (string keyName, byte[] keyTpmName) = ReadNamed(root.Child("Key"), "keyName");
        (string destinationHost, byte[] destinationName) = ReadNamed(root.Child("Destination"), "host");
        OwnerTicket? ticket = root.OptionalChild("OwnerTicket") is { } element ? ReadTicket(element) : null;
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

    private static OwnerTicket ReadTicket(StrictElement element) => new(
        element.HexAttribute("cpHash"),
        element.HexAttribute("timeout"),
        InnerWrap: element.OptionalAttribute("innerWrap") != null && element.BoolAttribute("innerWrap"),
        Ticket: element.Structure(TpmtTicket.Unmarshal));
}

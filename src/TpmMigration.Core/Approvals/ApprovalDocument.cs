using System;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// The XML form of approvals, namespace urn:tpm-migration:approval:1 (schemas/MigrationApproval.xsd). Those of authorities are signed; the
/// Owner's rest on a ticket that only the Owner's own TPM can judge.
/// </summary>
public static class ApprovalDocument
{
    internal static readonly XNamespace Ns = "urn:tpm-migration:approval:1";

    /// <summary>The document in UTF-8, byte for byte as it was read or signed where it was.</summary>
    public static byte[] ToBytes(MigrationApproval approval) => approval.Document
        ?? (approval is OwnerApproval ? Encoding.UTF8.GetBytes(Write(approval)) : throw new InvalidOperationException("An authority's approval is a signed document."));

    /// <summary>The document as text; an authority's as it was signed.</summary>
    public static string Write(MigrationApproval approval) =>
        approval is SelectionApproval ? Encoding.UTF8.GetString(ToBytes(approval)) : StrictXml.Save(ToElement(approval));

    /// <summary>The document element, without a signature.</summary>
    internal static XElement ToElement(MigrationApproval approval) => new(Ns + "MigrationApproval",
        new XAttribute("id", approval.Id.ToString("D")),
        new XAttribute("approvedBy", approval.ApprovedBy),
        new XAttribute("created", StrictElement.FormatDate(approval.Created)),
        new XAttribute("validUntil", StrictElement.FormatDate(approval.ValidUntil)),
        approval is SelectionApproval selection ? SelectionApprovalXml.Attributes(selection) : null,
        new XElement(Ns + "Reason", approval.Reason),
        approval switch
        {
            OwnerApproval owner => OwnerApprovalXml.Content(owner),
            SelectionApproval decision => SelectionApprovalXml.Content(decision),
            _ => throw new ArgumentOutOfRangeException(nameof(approval)),
        });

    /// <summary>The element that names the destination.</summary>
    internal static XElement Destination(MigrationApproval approval) => Named("Destination", "host", approval.DestinationHost, approval.DestinationName);

    internal static XElement Named(string element, string attribute, string text, byte[] name) =>
        new(Ns + element, new XAttribute(attribute, text), new XAttribute("name", Hex.Format(name)));

    internal static (string Text, byte[] Name) ReadNamed(StrictElement element, string textAttribute)
    {
        var result = (element.Attribute(textAttribute), element.HexAttribute("name"));
        element.End();
        return result;
    }

    /// <param name="document">UTF-8.</param>
    /// <inheritdoc cref="Read(string)"/>
    public static MigrationApproval Read(byte[] document)
    {
        try
        {
            return Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(document));
        }
        catch (DecoderFallbackException e)
        {
            throw new ApprovalException(ApprovalFault.Malformed, "This is no approval document: it is not in UTF-8.", e);
        }
    }

    /// <exception cref="ApprovalException">The document is malformed, or its signature does not hold.</exception>
    public static MigrationApproval Read(string text)
    {
        try
        {
            StrictElement root = StrictXml.Load(text, Ns + "MigrationApproval");
            MigrationApproval approval = root.OptionalAttribute("decision") == null ? OwnerApprovalXml.Read(root) : ReadSigned(root);
            return approval with { Document = Encoding.UTF8.GetBytes(text) };
        }
        catch (DocumentFormatException e)
        {
            throw new ApprovalException(ApprovalFault.Malformed, "This is no approval document. " + e.Message, e);
        }
        catch (SignatureException e)
        {
            throw new ApprovalException(
                e.Fault is SignatureFault.Document or SignatureFault.Value ? ApprovalFault.Altered : ApprovalFault.Malformed,
                "The approval cannot be used. " + e.Message, e);
        }
    }

    private static SelectionApproval ReadSigned(StrictElement unverified)
    {
        (StrictElement root, DocumentSignature signature) = SignedDocument.Verify(unverified.Raw);
        return SelectionApprovalXml.Read(root, signature);
    }

    internal static string ReadReason(StrictElement root)
    {
        string reason = root.Child("Reason").Text();
        return string.IsNullOrWhiteSpace(reason) ? throw root.Fault("The approval gives no reason.") : reason;
    }
}

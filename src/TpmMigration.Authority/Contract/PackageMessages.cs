using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using static TpmMigration.Authority.Contract.MessageText;
using static TpmMigration.Authority.Contract.ServiceNamespace;

namespace TpmMigration.Authority.Contract;

/// <summary>A package to be stored. The token was read before, see <see cref="Soap.SoapRequest"/>.</summary>
internal sealed record UploadRequest(byte[] Package)
{
    internal static UploadRequest Read(StrictElement message)
    {
        var request = new UploadRequest(message.Child("Package").Base64());
        message.End();
        return request;
    }
}

/// <summary>The package is on disk.</summary>
internal sealed record UploadResponse(PackageEntry Entry, bool AlreadyStored)
{
    internal XElement ToElement() => new(Ns + "UploadResponse",
        Element("PackageId", Entry.Id),
        HexElement("Digest", Entry.Digest),
        Element("Received", Entry.Received),
        Element("AlreadyStored", AlreadyStored));
}

/// <summary>Which packages.</summary>
/// <param name="Client">Null for all that the caller may see.</param>
/// <param name="PackageId">Null for all.</param>
/// <param name="After">Those behind this one; null from the first.</param>
/// <param name="Most">Entries of the page.</param>
/// <param name="Approved">Those of others that approvals let go to the caller, in place of the caller's own.</param>
/// <param name="Approvals">Approval documents, not read yet.</param>
internal sealed record QueryRequest(byte[]? Client, Guid? PackageId, PackagePosition? After, int Most, bool Approved, IReadOnlyList<byte[]> Approvals)
{
    internal static QueryRequest Read(StrictElement message)
    {
        byte[]? client = message.OptionalChild("Client")?.Hexadecimal();
        Guid? id = message.OptionalChild("PackageId")?.Uuid();
        PackagePosition? after = message.OptionalChild("After") is { } position
            ? PackagePosition.TryParse(position.Text()) ?? throw position.Fault("<After> is none of this service's positions.")
            : null;
        int most = message.OptionalChild("Most")?.Count() ?? ServiceLimits.MostPageEntries;
        bool approved = message.OptionalChild("Approved")?.Boolean() ?? false;
        IReadOnlyList<byte[]> approvals = message.Base64List("Approval", ServiceLimits.MostApprovals);
        message.End();
        return new QueryRequest(client, id, after, Math.Min(most, ServiceLimits.MostPageEntries), approved, approvals);
    }
}

/// <summary>A page of packages.</summary>
internal sealed record QueryResponse(IReadOnlyList<PackageEntry> Entries, PackagePosition? Next)
{
    /// <param name="found">What was found, one more than fits if there is more.</param>
    /// <param name="most">Entries of the page.</param>
    internal static QueryResponse Page(IReadOnlyList<PackageEntry> found, int most)
    {
        if (found.Count <= most) return new QueryResponse(found, null);
        List<PackageEntry> page = [.. found.Take(most)];
        return new QueryResponse(page, new PackagePosition(page[^1].Client, page[^1].Id));
    }

    internal XElement ToElement() => new(Ns + "QueryResponse",
        Entries.Select(entry => new XElement(Ns + "Entry",
            HexElement("Client", entry.Client),
            Element("PackageId", entry.Id),
            HexElement("Digest", entry.Digest),
            Element("Size", entry.Size),
            Element("Keys", entry.Keys),
            Element("Purpose", entry.Purpose),
            Element("SourceHost", entry.SourceHost),
            Element("Created", entry.Created),
            Element("Received", entry.Received),
            Element("Returnable", entry.IsReturnable),
            Element("Held", entry.Held != null))),
        Next is { } next ? Element("Next", next.ToString()) : null);
}

/// <summary>A package to be released.</summary>
/// <param name="PackageId">Its id.</param>
/// <param name="Client">Whose; null for the caller's own.</param>
/// <param name="ToEndorsementKey">Whether it is to be wrapped to the caller's endorsement key, and not to the storage key of the token.</param>
/// <param name="Approvals">Approval documents, not read yet.</param>
internal sealed record DownloadRequest(Guid PackageId, byte[]? Client, bool ToEndorsementKey, IReadOnlyList<byte[]> Approvals)
{
    internal static DownloadRequest Read(StrictElement message)
    {
        var request = new DownloadRequest(
            message.Child("PackageId").Uuid(),
            message.OptionalChild("Client")?.Hexadecimal(),
            message.OptionalChild("ToEndorsementKey")?.Boolean() ?? false,
            message.Base64List("Approval", ServiceLimits.MostApprovals));
        message.End();
        return request;
    }
}

/// <summary>The package, wrapped to the caller's key.</summary>
internal sealed record DownloadResponse(ReadOnlyMemory<byte> Package)
{
    internal XElement ToElement() => new(Ns + "DownloadResponse", new XElement(Ns + "Package", new Base64Text(Package)));
}

/// <summary>One package of the caller's, to be deleted.</summary>
internal sealed record DeleteRequest(Guid PackageId)
{
    internal static DeleteRequest Read(StrictElement message)
    {
        var request = new DeleteRequest(message.Child("PackageId").Uuid());
        message.End();
        return request;
    }
}

/// <summary>The package is gone.</summary>
internal sealed record DeleteResponse(Guid PackageId, DateTime Deleted)
{
    internal XElement ToElement() => new(Ns + "DeleteResponse", Element("PackageId", PackageId), Element("Deleted", Deleted));
}

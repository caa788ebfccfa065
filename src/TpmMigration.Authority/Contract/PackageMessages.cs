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
        Element("AlreadyStored", AlreadyStored ? "true" : "false"));
}

/// <summary>Which packages.</summary>
/// <param name="PackageId">Null for all.</param>
/// <param name="After">Those behind this one; null from the first.</param>
/// <param name="Most">Entries of the page.</param>
internal sealed record QueryRequest(Guid? PackageId, Guid? After, int Most)
{
    internal static QueryRequest Read(StrictElement message)
    {
        Guid? id = message.OptionalChild("PackageId")?.Uuid();
        Guid? after = message.OptionalChild("After")?.Uuid();
        int most = message.OptionalChild("Most")?.Count() ?? ServiceLimits.MostPageEntries;
        message.End();
        return new QueryRequest(id, after, Math.Min(most, ServiceLimits.MostPageEntries));
    }
}

/// <summary>A page of the caller's packages.</summary>
internal sealed record QueryResponse(IReadOnlyList<PackageEntry> Entries, Guid? Next)
{
    internal XElement ToElement() => new(Ns + "QueryResponse",
        Entries.Select(entry => new XElement(Ns + "Entry",
            Element("PackageId", entry.Id),
            HexElement("Digest", entry.Digest),
            Element("Size", entry.Size),
            Element("Keys", entry.Keys),
            Element("Purpose", entry.Purpose),
            Element("SourceHost", entry.SourceHost),
            Element("Created", entry.Created),
            Element("Received", entry.Received))),
        Next is { } next ? Element("Next", next) : null);
}

/// <summary>One package of the caller's, to be downloaded or deleted.</summary>
internal sealed record PackageRequest(Guid PackageId)
{
    internal static PackageRequest Read(StrictElement message)
    {
        var request = new PackageRequest(message.Child("PackageId").Uuid());
        message.End();
        return request;
    }
}

/// <summary>The package is gone.</summary>
internal sealed record DeleteResponse(Guid PackageId, DateTime Deleted)
{
    internal XElement ToElement() => new(Ns + "DeleteResponse", Element("PackageId", PackageId), Element("Deleted", Deleted));
}

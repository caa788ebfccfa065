using System;
using TpmMigration.Documents;

namespace TpmMigration.Authorities;

/// <summary>A package is on disk at the Migration Authority.</summary>
/// <param name="PackageId">Which.</param>
/// <param name="Digest">SHA-256 of the bytes.</param>
/// <param name="Received">UTC.</param>
/// <param name="AlreadyStored">Whether it was there before.</param>
public sealed record MaUploadReceipt(Guid PackageId, byte[] Digest, DateTime Received, bool AlreadyStored)
{
    internal static MaUploadReceipt Read(StrictElement answer)
    {
        var receipt = new MaUploadReceipt(answer.Child("PackageId").Uuid(), answer.Child("Digest").HexBinary(), answer.Child("Received").Time(), answer.Child("AlreadyStored").Truth());
        answer.End();
        return receipt;
    }
}

/// <summary>A package is gone from the Migration Authority.</summary>
/// <param name="PackageId">Which.</param>
/// <param name="Deleted">UTC.</param>
public sealed record MaDeletionReceipt(Guid PackageId, DateTime Deleted)
{
    internal static MaDeletionReceipt Read(StrictElement answer)
    {
        var receipt = new MaDeletionReceipt(answer.Child("PackageId").Uuid(), answer.Child("Deleted").Time());
        answer.End();
        return receipt;
    }
}

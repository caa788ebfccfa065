using System;
using System.Collections.Generic;
using System.Text;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>A destination's word, with the proof of its TPM, that it has the keys of a package.</summary>
public sealed record MigrationReceipt
{
    public required Guid Id { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>The destination's host name.</summary>
    public required string HostName { get; init; }

    public required Guid PackageId { get; init; }

    /// <summary>The TPM name of the storage root key of the package's source.</summary>
    public required byte[] SourceName { get; init; }

    /// <summary>The TPM name of the parent under which the keys are now.</summary>
    public required byte[] ParentName { get; init; }

    /// <summary>The qualified name of what that parent is under; the handle of its hierarchy (4 bytes) where it is a primary key.</summary>
    public required byte[] AboveParent { get; init; }

    /// <summary>The public area of the attestation key that certifies the keys.</summary>
    public required TpmtPublic AttestationKey { get; init; }

    /// <summary>Parents before their children.</summary>
    public required IReadOnlyList<ReceiptKey> Keys { get; init; }

    /// <summary>The signature over all of it; null until the receipt is written.</summary>
    public DocumentSignature? Signature { get; init; }

    /// <summary>What the attestation key's statements carry, so that they are for this receipt and package only: 32 bytes.</summary>
    internal static byte[] QualifyingData(Guid receipt, Guid package) =>
        TpmHash.Digest(TpmAlgId.Sha256, Encoding.ASCII.GetBytes($"TPM migration receipt 1\n{receipt:D}\n{package:D}\n"));
}

/// <summary>A key of a receipt.</summary>
/// <param name="Name">The name it has in the package.</param>
/// <param name="TpmName">Its TPM name.</param>
/// <param name="Proof">For a migrating key, the TPM's proof that it is loaded under the parent.</param>
/// <param name="Parent">For a child that went along, the TPM name of its parent, an earlier key of the receipt.</param>
public sealed record ReceiptKey(string Name, byte[] TpmName, ReceiptProof? Proof, byte[]? Parent);

/// <summary>TPM2_Certify of a key. TPM 2.0 Part 3, 18.2.</summary>
/// <param name="Statement">The signed TPMS_ATTEST.</param>
/// <param name="Signature">The attestation key's signature over its digest.</param>
public sealed record ReceiptProof(byte[] Statement, TpmtSignature Signature);

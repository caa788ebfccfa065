using System;
using System.Collections.Generic;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>How a key came into its store.</summary>
/// <param name="PackageId">The migration package it was imported from, or null if it was created here.</param>
/// <param name="Signer">Who signed that package, in words with a fingerprint; null where nobody did.</param>
/// <param name="Acceptance">Who let the key in although that signer is not registered; null where the trust register did.</param>
/// <param name="ReceiptId">The receipt that this machine gave for it; null where none was asked for.</param>
public sealed record KeyOrigin(Guid? PackageId, string? Signer = null, SignerAcceptance? Acceptance = null, Guid? ReceiptId = null)
{
    public static KeyOrigin Created { get; } = new((Guid?)null);

    public static KeyOrigin Imported(Guid packageId) => new(packageId);
}

/// <summary>Somebody's word for a package whose signer this machine does not know.</summary>
/// <param name="By">The account.</param>
/// <param name="Reason">Why.</param>
public sealed record SignerAcceptance(string By, string Reason);

/// <summary>The parent a key loads under.</summary>
/// <param name="KeyName">The name of the parent in the same store, or null if it is the storage root key.</param>
/// <param name="TpmName">The TPM name of the parent (algorithm and digest).</param>
public sealed record KeyParent(string? KeyName, byte[] TpmName);

/// <summary>
/// What a TPM says of a key that it made itself, by which it can certify at any later time that it did. It holds across restarts; with
/// TPM2_Clear the key itself is gone, and the ticket with it.
/// </summary>
/// <param name="Data">TPMS_CREATION_DATA.</param>
/// <param name="Ticket">TPMT_TK_CREATION.</param>
public sealed record KeyCreation(byte[] Data, TpmtTicket Ticket);

/// <summary>What the store knows of a key besides its key file.</summary>
public sealed record KeyRecord
{
    /// <summary>See <see cref="Keys.KeyName"/> for what is allowed.</summary>
    public required string Name { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    public required KeyOrigin Origin { get; init; }

    public required KeyParent Parent { get; init; }

    /// <summary>Free text, without control characters other than tab and line feed; null if there is none.</summary>
    public string? Description { get; init; }

    /// <summary>The branches of the key's policy, first that for its use if it has one (<see cref="UsePolicy"/>); empty for a key that has none.</summary>
    public IReadOnlyList<IReadOnlyList<PolicyStep>> PolicyBranches { get; init; } = Array.Empty<IReadOnlyList<PolicyStep>>();

    /// <summary>For a key with a use policy, the values that its PCRs must have, in the order of the policy; empty where they are not known.</summary>
    public IReadOnlyList<PcrValue> ExpectedPcrs { get; init; } = [];

    /// <summary>For a CMK, X.509 certificates in DER of its MSAs, as far as they are known: they give the keys in the policy a name.</summary>
    public IReadOnlyList<byte[]> SelectionAuthorities { get; init; } = [];

    /// <summary>What the platform's attestation key said of the key when it was made; null for most keys.</summary>
    public KeyCertification? Certification { get; init; }

    /// <summary>For a key that this TPM made; null for one that was imported, or made by a release that did not keep it.</summary>
    public KeyCreation? Creation { get; init; }
}

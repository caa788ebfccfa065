using System;

namespace TpmMigration.Authority.Trust;

/// <summary>What vouches for endorsement keys.</summary>
public enum TrustedKind
{
    /// <summary>A manufacturer's certificate, to which the chains of endorsement certificates must lead.</summary>
    Root,

    /// <summary>One endorsement key itself.</summary>
    EndorsementKey,

    /// <summary>A Migration Selection Authority whose approvals count. Where none is listed, all count that keys and packages name.</summary>
    SelectionAuthority,
}

/// <summary>An entry of the list of those who are let in.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Fingerprint">Root: SHA-256 of the certificate. Others: the TPM name of the key.</param>
/// <param name="Label">For people.</param>
/// <param name="Content">DER of a certificate, or TPMT_PUBLIC of an endorsement key.</param>
/// <param name="Added">UTC.</param>
/// <param name="AddedBy">The operator's account.</param>
/// <param name="Reason">Why.</param>
public sealed record TrustedEndorsement(TrustedKind Kind, byte[] Fingerprint, string Label, byte[] Content, DateTime Added, string AddedBy, string Reason);

namespace TpmMigration.Approvals;

/// <summary>How a signer stands.</summary>
public enum TrustStanding
{
    /// <summary>Registered for the role, itself or through the authority that issued its certificate.</summary>
    Trusted,

    /// <summary>This machine itself.</summary>
    OwnPlatform,

    /// <summary>Neither it nor one of its issuers is registered, or its chain does not hold.</summary>
    Unknown,

    /// <summary>Registered, for something else; or its certificate is not for signatures.</summary>
    NotForThisRole,

    /// <summary>Registered, and its certificate or one above it is past its time.</summary>
    Expired,

    /// <summary>Registered, and the time of its certificate or of one above it has not come.</summary>
    NotYetValid,
}

/// <summary>What the trust register says of a signer.</summary>
/// <param name="Standing">The answer.</param>
/// <param name="Entry">The entry that decided it; null for this platform itself and where none did.</param>
/// <param name="Reason">A sentence that says why, and what to do if the signer is not trusted.</param>
public sealed record TrustVerdict(TrustStanding Standing, TrustEntry? Entry, string Reason)
{
    /// <summary>Whether what was signed may be used.</summary>
    public bool IsTrusted => Standing is TrustStanding.Trusted or TrustStanding.OwnPlatform;
}

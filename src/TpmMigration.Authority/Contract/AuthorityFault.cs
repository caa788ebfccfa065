namespace TpmMigration.Authority.Contract;

/// <summary>Why the service refuses a message: the fault codes of schemas/MigrationService.wsdl, which stay what they are.</summary>
public enum AuthorityFault
{
    /// <summary>The message is no SOAP of this contract.</summary>
    Malformed,

    /// <summary>The envelope is of another version of SOAP than the content type says.</summary>
    VersionMismatch,

    /// <summary>The action is not that of the message.</summary>
    ActionMismatch,

    /// <summary>The message has a header that must be understood, and this service knows none.</summary>
    HeaderNotUnderstood,

    /// <summary>The message is larger than is taken in.</summary>
    TooLarge,

    /// <summary>The endorsement key is of none of the default templates, or cannot be read.</summary>
    EndorsementKeyUnsupported,

    /// <summary>No trusted root vouches for the endorsement key, and it is not on the list of those allowed.</summary>
    EndorsementKeyNotTrusted,

    /// <summary>The attestation key is none: it is not restricted, not bound to its TPM, or weak.</summary>
    AttestationKeyRefused,

    /// <summary>The challenge is none of this service's, or was altered.</summary>
    ChallengeInvalid,

    /// <summary>The challenge was answered too late.</summary>
    ChallengeExpired,

    /// <summary>The challenge was answered before.</summary>
    ChallengeUsed,

    /// <summary>The secret is not the one of the challenge.</summary>
    ChallengeFailed,

    /// <summary>The attestation key's statement does not show that the storage key is in its TPM, for this challenge.</summary>
    CertificationRefused,

    /// <summary>The token is none of this service's, or was altered.</summary>
    TokenInvalid,

    /// <summary>The token is over. Authenticate anew.</summary>
    TokenExpired,

    /// <summary>The operator has blocked this client.</summary>
    ClientBlocked,

    /// <summary>The caller is neither a client with a token nor an administrator whose role allows it.</summary>
    AdministratorRequired,

    /// <summary>The caller asks more often than is allowed. Ask again after a while.</summary>
    TooManyRequests,

    /// <summary>The package is not of its format.</summary>
    PackageMalformed,

    /// <summary>What belongs together in the package does not fit, or a key in it does not open.</summary>
    PackageAltered,

    /// <summary>The package is not signed as its format has it, or was altered since.</summary>
    PackageSignatureRefused,

    /// <summary>The package was not signed by the platform signing key of a TPM that is known here.</summary>
    PackageSignerRefused,

    /// <summary>The approvals in the package do not hold.</summary>
    PackageApprovalRefused,

    /// <summary>The package does not show that the TPM that signed it holds a key in it.</summary>
    PackageUnproven,

    /// <summary>The package is wrapped to another key than this Migration Authority's.</summary>
    PackageNotForThisAuthority,

    /// <summary>The package is larger than this Migration Authority stores.</summary>
    PackageTooLarge,

    /// <summary>The client has as many packages, or as many bytes, as it may have here.</summary>
    QuotaExceeded,

    /// <summary>Another package of this id is stored.</summary>
    PackageConflict,

    /// <summary>A package of this id was deleted.</summary>
    PackageDeleted,

    /// <summary>There is no package of this id for the caller.</summary>
    PackageNotFound,

    /// <summary>The operator holds the package back.</summary>
    PackageHeld,

    /// <summary>Those who must did not approve the release of the package to this caller.</summary>
    ReleaseNotApproved,

    /// <summary>An authority forbids that the package goes to this caller.</summary>
    ReleaseDenied,

    /// <summary>An approval in the message is no approval of an authority, or was altered.</summary>
    ApprovalRefused,

    /// <summary>The approvals for this caller are over, or not valid yet.</summary>
    ApprovalExpired,

    /// <summary>An approval that holds once was used before.</summary>
    ApprovalUsed,

    /// <summary>The approvals are of authorities that this Migration Authority does not honour.</summary>
    AuthorityNotHonoured,

    /// <summary>The service cannot do it now. Send it again later: what was done already is found then.</summary>
    Unavailable,
}

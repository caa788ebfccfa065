namespace TpmMigration.Authorities;

/// <summary>
/// Why the service of a Migration Authority did not do what was asked: first the codes of its own faults, as schemas/MigrationService.wsdl has them,
/// then what goes wrong before it answers or with its answer.
/// </summary>
public enum MaServiceFault
{
    Malformed,
    VersionMismatch,
    ActionMismatch,
    HeaderNotUnderstood,
    TooLarge,
    EndorsementKeyUnsupported,
    EndorsementKeyNotTrusted,
    AttestationKeyRefused,
    ChallengeInvalid,
    ChallengeExpired,
    ChallengeUsed,
    ChallengeFailed,
    CertificationRefused,
    TokenInvalid,
    TokenExpired,
    ClientBlocked,
    AdministratorRequired,
    TooManyRequests,
    PackageMalformed,
    PackageAltered,
    PackageSignatureRefused,
    PackageSignerRefused,
    PackageApprovalRefused,
    PackageUnproven,
    PackageNotForThisAuthority,
    PackageTooLarge,
    QuotaExceeded,
    PackageConflict,
    PackageDeleted,
    PackageNotFound,
    PackageHeld,
    ReleaseNotApproved,
    ReleaseDenied,
    ApprovalRefused,
    ApprovalExpired,
    ApprovalUsed,
    AuthorityNotHonoured,
    Unavailable,

    /// <summary>A fault whose code this version does not know, or has none.</summary>
    Refused,

    /// <summary>No address was given, or one that is not allowed.</summary>
    Address,

    /// <summary>Nobody answers there, or the connection broke.</summary>
    NotReachable,

    /// <summary>The certificate of TLS is not trusted, or is not the one that was named.</summary>
    TlsRefused,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>What answers is no Migration Authority.</summary>
    NotTheService,

    /// <summary>The answer is larger than is taken in.</summary>
    AnswerTooLarge,

    /// <summary>The answer is not to what was asked.</summary>
    AnswerRefused,

    /// <summary>A package came back that nobody who is trusted here as a Migration Authority signed.</summary>
    SignerNotTrusted,
}

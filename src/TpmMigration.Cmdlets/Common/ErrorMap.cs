using System;
using System.IO;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Attestation;
using TpmMigration.Authorities;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using TpmMigration.Transport;

namespace TpmMigration.Cmdlets;

/// <summary>An error as users see it: a stable id, a category, what to do, and whether the pipeline can go on.</summary>
internal sealed record KnownError(string Id, ErrorCategory Category, string Action, bool StopsPipeline = false)
{
    internal ErrorRecord ToRecord(Exception exception, object? target) => new(exception, Id, Category, target)
    {
        ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = Action },
    };
}

/// <summary>The one place where exceptions become errors of PowerShell.</summary>
internal static class ErrorMap
{
    /// <summary>Null for what no cmdlet should meet: a fault of the module, shown as it is.</summary>
    internal static KnownError? Find(Exception exception) => exception switch
    {
        TpmConnectionStringException => new("Tpm.ConnectionString", ErrorCategory.InvalidArgument, "Correct -Tpm or the environment variable TPMMIGRATION_TPM.", true),
        TpmNotFoundException => new("Tpm.NotFound", ErrorCategory.ResourceUnavailable, "Name the TPM with -Tpm, or turn it on in the firmware's setup.", true),
        TpmCommandBlockedException => new("Tpm.CommandBlocked", ErrorCategory.PermissionDenied, "Run as administrator; what Windows blocks for everybody cannot be done on this machine.", true),
        TpmTransportException => new("Tpm.Unreachable", ErrorCategory.ConnectionError, "Run the command again; if it fails again, restart what stands between this program and the TPM.", true),
        TpmWireException => new("Tpm.BadResponse", ErrorCategory.InvalidData, "Do not trust this TPM or what lies between before the cause is known.", true),
        KeyAuthorizationException e => Find(e),
        KeyException e => Find(e),
        KeyFileException e => new($"TpmKeyFile.{e.Fault}", ErrorCategory.InvalidData, "Get the key file anew from where it was made."),
        KeySourceException e => Find(e),
        KeyStoreException e => Find(e),
        KeyDataException e => Find(e),
        ApprovalException e => Find(e),
        DestinationException e => Find(e),
        CertificationException e => Find(e),
        TrustRegisterException e => Find(e),
        UntrustedSignerException e => new($"Package.Signer{e.Verdict.Standing}", ErrorCategory.SecurityError, "Register the signer with Register-MigrationAuthority, if it is to be trusted; or accept this one package with -AcceptUnknownSigner."),
        SignerException e => Find(e),
        PackageIntegrityException e => new($"Package.{e.Fault}", ErrorCategory.SecurityError, "Get the package anew from its source."),
        PackageFormatException e => Find(e),
        SignatureException e => new($"Signature.{e.Fault}", ErrorCategory.SecurityError, "Get the document anew from its source."),
        ImportException e => Find(e),
        ReceiptException e => Find(e),
        RecoveryException e => Find(e),
        MaServiceException e => Find(e),
        DocumentFormatException => new("Document.Malformed", ErrorCategory.InvalidData, "Get the document anew from its source."),
        DocumentAccessException e => Find(e),
        TpmException e => FindRefusal(e),
        SecretSharingException or UnsupportedAlgorithmException => new("Tpm.Unsupported", ErrorCategory.NotImplemented, "Use a key of RSA 2048 or 3072, or ECC P-256 or P-384."),
        ArgumentException => new("Argument.Invalid", ErrorCategory.InvalidArgument, "Correct the parameter."),
        UnauthorizedAccessException => new("File.AccessDenied", ErrorCategory.PermissionDenied, "Run with the rights that the file or folder asks for."),
        FileNotFoundException or DirectoryNotFoundException => new("File.NotFound", ErrorCategory.ObjectNotFound, "Check the path."),
        IOException => new("File.Failed", ErrorCategory.WriteError, "Check the file or folder, and run the command again."),
        _ => null,
    };

    private static KnownError Find(KeyAuthorizationException e) => e.Lockout != null
        ? new("Tpm.Lockout", ErrorCategory.AuthenticationError, "Wait as long as the message says, or reset the lockout with the lockout password.", true)
        // The same password would fail for the next key too, and each failure brings the TPM nearer to lockout.
        : new(e.Subject == AuthorizationSubject.Owner ? "Tpm.OwnerPassword" : $"TpmKey.{e.Subject}Password", ErrorCategory.AuthenticationError, "Give the right password.", e.WasTried);

    private static KnownError Find(KeyException e) => e.Fault switch
    {
        KeyFault.NotFound or KeyFault.ParentMissing => new($"TpmKey.{e.Fault}", ErrorCategory.ObjectNotFound, "List the keys with Get-TpmKey."),
        KeyFault.NotLoadable => new("TpmKey.NotLoadable", ErrorCategory.InvalidData, "Restore the key from a Migration Package."),
        KeyFault.ForAnotherTpm => new("TpmKey.ForAnotherTpm", ErrorCategory.InvalidOperation, "Restore the key from a Migration Package."),
        KeyFault.NoRoom => new("Tpm.NoRoom", ErrorCategory.LimitsExceeded, "Remove a persistent key with Remove-TpmKey."),
        _ => new($"TpmKey.{e.Fault}", ErrorCategory.InvalidOperation, "See Get-TpmKey for what kind of key it is, and why."),
    };

    private static KnownError Find(KeyStoreException e) => e.Fault switch
    {
        KeyStoreFault.InvalidName => new("KeyStore.InvalidName", ErrorCategory.InvalidArgument, "Choose another name."),
        KeyStoreFault.KeyExists => new("KeyStore.KeyExists", ErrorCategory.ResourceExists, "Choose another name, or replace the key with -Force where the command has it."),
        KeyStoreFault.KeyNotFound => new("KeyStore.KeyNotFound", ErrorCategory.ObjectNotFound, "List the keys with Get-TpmKey."),
        KeyStoreFault.KeyDamaged => new("KeyStore.KeyDamaged", ErrorCategory.InvalidData, "Restore the key from a Migration Package."),
        KeyStoreFault.Locked => new("KeyStore.Locked", ErrorCategory.ResourceBusy, "Run the command again when the other program is done.", true),
        KeyStoreFault.AccessDenied => new("KeyStore.AccessDenied", ErrorCategory.PermissionDenied, "Run as the owner of the key store, or name another with -Store.", true),
        KeyStoreFault.DiskFull => new("KeyStore.DiskFull", ErrorCategory.LimitsExceeded, "Free space on the disk of the key store.", true),
        _ => new($"KeyStore.{e.Fault}", ErrorCategory.WriteError, "Check the disk of the key store, and run the command again.", true),
    };

    private static KnownError Find(KeySourceException e) => e.Fault switch
    {
        KeySourceFault.NotReadable => new("KeySource.NotReadable", ErrorCategory.ReadError, "Check the path and the rights on it."),
        KeySourceFault.PasswordNeeded or KeySourceFault.WrongPassword => new($"KeySource.{e.Fault}", ErrorCategory.AuthenticationError, "Give the file's password with -FilePassword."),
        KeySourceFault.Unsupported => new("KeySource.Unsupported", ErrorCategory.NotImplemented, "Use a key of RSA 2048 or 3072, or ECC P-256 or P-384."),
        _ => new($"KeySource.{e.Fault}", ErrorCategory.InvalidData, "Give a PFX or PEM file with one private key."),
    };

    private static KnownError Find(KeyDataException e) => e.Fault switch
    {
        KeyDataFault.NotFound => new("TpmKeyData.NotFound", ErrorCategory.ObjectNotFound, "List the data of the key with Get-TpmKeyData."),
        KeyDataFault.Exists => new("TpmKeyData.Exists", ErrorCategory.ResourceExists, "Choose another -DataName, or replace the data with -Force."),
        KeyDataFault.TooLarge => new("TpmKeyData.TooLarge", ErrorCategory.LimitsExceeded, "Keep large files elsewhere, and with the key only what opens them."),
        KeyDataFault.CertificateForAnotherKey => new("TpmKeyData.CertificateForAnotherKey", ErrorCategory.InvalidArgument, "Give the certificate that was issued for this key."),
        KeyDataFault.NotReadable => new("TpmKeyData.NotReadable", ErrorCategory.ReadError, "Restore the store from a backup, or import the key again from its Migration Package."),
        KeyDataFault.Damaged => new("TpmKeyData.Damaged", ErrorCategory.InvalidData, "Restore the store from a backup, or remove the data with Remove-TpmKeyData."),
        _ => new($"TpmKeyData.{e.Fault}", ErrorCategory.InvalidData, "Correct the data, its name or its type."),
    };

    private static KnownError Find(ApprovalException e) => new(
        $"Approval.{e.Fault}",
        e.Fault switch
        {
            ApprovalFault.Malformed => ErrorCategory.InvalidData,
            ApprovalFault.Missing or ApprovalFault.TooFew or ApprovalFault.Denied => ErrorCategory.PermissionDenied,
            _ => ErrorCategory.SecurityError,
        },
        e.Fault switch
        {
            ApprovalFault.NotYetValid => "Run the command again when the time of the approval has come, or ask the Migration Selection Authority for another.",
            ApprovalFault.Altered or ApprovalFault.Malformed => "Get the approval anew from whoever gave it.",
            ApprovalFault.TooFew => "Have as many Migration Selection Authorities approve as the key asks for, with Approve-TpmMigration -Certificate.",
            ApprovalFault.Denied => "Ask the Migration Selection Authority why, or choose another destination.",
            ApprovalFault.Used => "Ask the Migration Selection Authority for a new approval.",
            // An MK is the Owner's, a CMK its authorities'; the message says which it is.
            _ => "Have it approved with Approve-TpmMigration: an MK by the TPM Owner, a CMK by its Migration Selection Authority (-Certificate).",
        });

    private static KnownError Find(CertificationException e) => e.Fault switch
    {
        CertificationFault.Malformed => new("Certification.Malformed", ErrorCategory.InvalidData, "Get the certification anew with Confirm-TpmKey from the machine that has the key."),
        CertificationFault.NotCertifiable => new("Certification.NotCertifiable", ErrorCategory.InvalidOperation, "Certify another key; see Get-TpmKey."),
        _ => new("Certification.CreationRefused", ErrorCategory.SecurityError, "Restore the key store from a backup, or the key from a Migration Package."),
    };

    private static KnownError Find(DestinationException e) => e.Fault switch
    {
        DestinationFault.Malformed => new("Destination.Malformed", ErrorCategory.InvalidData, "Get a new destination document from the machine with Get-TpmMigrationDestination."),
        DestinationFault.Unproven => new("Destination.Unproven", ErrorCategory.SecurityError, "Name the TPM manufacturer's root certificate with -TrustedRoot, and those between with Get-TpmMigrationDestination -CertificatePath; or answer for the destination with -AcceptUnprovenDestination."),
        DestinationFault.CertificateUnreadable => new("Destination.CertificateUnreadable", ErrorCategory.InvalidData, "Give the endorsement certificate in DER or PEM."),
        DestinationFault.EndorsementKeyUnsupported or DestinationFault.EndorsementKeyMissing => new($"Destination.{e.Fault}", ErrorCategory.NotImplemented, "Make the destination on the machine itself, with a storage key: Get-TpmMigrationDestination."),
        _ => new($"Destination.{e.Fault}", ErrorCategory.SecurityError, "Get a new destination document from the machine with Get-TpmMigrationDestination."),
    };

    private static KnownError Find(TrustRegisterException e) => e.Fault switch
    {
        TrustRegisterFault.Malformed => new("Trust.Malformed", ErrorCategory.InvalidData, "Restore the trust register from a backup.", true),
        TrustRegisterFault.NotProtected => new("Trust.NotProtected", ErrorCategory.SecurityError, "See who could have changed the trust register, then set its rights right.", true),
        TrustRegisterFault.AccessDenied => new("Trust.AccessDenied", ErrorCategory.PermissionDenied, "Run as administrator, or name another register with -TrustRegister.", true),
        TrustRegisterFault.Locked => new("Trust.Locked", ErrorCategory.ResourceBusy, "Run the command again when the other program is done.", true),
        TrustRegisterFault.InvalidEntry => new("Trust.InvalidEntry", ErrorCategory.InvalidArgument, "Correct the parameter."),
        TrustRegisterFault.Exists => new("Trust.Exists", ErrorCategory.ResourceExists, "See Get-MigrationAuthority; replace the signer with -Force, or choose another name."),
        TrustRegisterFault.NotFound => new("Trust.NotFound", ErrorCategory.ObjectNotFound, "List the signers with Get-MigrationAuthority."),
        _ => new($"Trust.{e.Fault}", ErrorCategory.WriteError, "Check the disk of the trust register, and run the command again.", true),
    };

    private static KnownError Find(SignerException e) => new(
        $"Signer.{e.Fault}",
        e.Fault switch
        {
            SignerFault.NotFound => ErrorCategory.ObjectNotFound,
            SignerFault.Address or SignerFault.Several => ErrorCategory.InvalidArgument,
            SignerFault.Unreadable => ErrorCategory.InvalidData,
            SignerFault.Password => ErrorCategory.AuthenticationError,
            SignerFault.Failed => ErrorCategory.DeviceError,
            SignerFault.CannotDecrypt => ErrorCategory.NotImplemented,
            _ => ErrorCategory.SecurityError,
        },
        // Nothing is signed without a signer, and a token counts wrong PINs.
        "Name with -Certificate what can sign, and give its password or PIN with -CertificatePassword.",
        true);

    private static KnownError Find(ImportException e) => e.Fault switch
    {
        ImportFault.ForAnotherMachine => new("Package.ForAnotherMachine", ErrorCategory.InvalidOperation, "Import the package on the machine it is for."),
        ImportFault.RewrapUnsupported => new("Package.RewrapUnsupported", ErrorCategory.NotImplemented, "Have the keys exported anew to a storage key of this machine: Get-TpmMigrationDestination."),
        ImportFault.EndorsementPassword => new("Package.EndorsementPassword", ErrorCategory.AuthenticationError, "Have the keys exported anew to a storage key of this machine: Get-TpmMigrationDestination."),
        ImportFault.PcrMismatch => new("Package.PcrMismatch", ErrorCategory.InvalidOperation, "Bring this machine into the state that the key expects, or give -SkipProof."),
        ImportFault.PasswordNeeded => new("Package.PasswordNeeded", ErrorCategory.AuthenticationError, "Give -KeyPassword, or -SkipProof."),
        _ => new("Package.ProofFailed", ErrorCategory.InvalidResult, "Export the key again from its source."),
    };

    private static KnownError Find(ReceiptException e) => e.Fault switch
    {
        ReceiptFault.Malformed => new("Receipt.Malformed", ErrorCategory.InvalidData, "Get the receipt anew from the destination."),
        ReceiptFault.NotTrusted => new("Receipt.NotTrusted", ErrorCategory.SecurityError, "Register the destination with Register-MigrationAuthority as PackageSigner, if its fingerprint is the right one."),
        ReceiptFault.ProofContradicted => new("Receipt.ProofContradicted", ErrorCategory.SecurityError, "Do not remove the key before the cause is known."),
        ReceiptFault.ChildrenLeft => new("Receipt.ChildrenLeft", ErrorCategory.InvalidOperation, "Export the key again, with the keys under it."),
        ReceiptFault.NotCertifiable => new("Receipt.NotCertifiable", ErrorCategory.NotImplemented, "Import the package without -ReceiptPath."),
        _ => new($"Receipt.{e.Fault}", ErrorCategory.InvalidOperation, "Get from the destination the receipt for the package in which the key was last exported."),
    };

    private static KnownError Find(RecoveryException e) => e.Fault switch
    {
        RecoveryFault.Missing => new("Recovery.Missing", ErrorCategory.PermissionDenied, "Give -RecoveryPassphrase, or a release by a recovery agent with -RecoveryRelease."),
        RecoveryFault.WrongPassphrase => new("Recovery.WrongPassphrase", ErrorCategory.AuthenticationError, "Give the right -RecoveryPassphrase."),
        RecoveryFault.NoPassphrase or RecoveryFault.NoInnerWrap or RecoveryFault.WeakPassphrase or RecoveryFault.AgentTwice => new($"Recovery.{e.Fault}", ErrorCategory.InvalidArgument, "Correct the parameter."),
        RecoveryFault.Malformed or RecoveryFault.EnvelopeDamaged => new($"Recovery.{e.Fault}", ErrorCategory.InvalidData, "Get the document anew from its source."),
        RecoveryFault.AgentUnsuitable or RecoveryFault.DestinationUnsuitable => new($"Recovery.{e.Fault}", ErrorCategory.InvalidOperation, "Choose another."),
        _ => new($"Recovery.{e.Fault}", ErrorCategory.SecurityError, "Have a recovery agent of the package release it for its destination with Unlock-TpmMigrationPackage."),
    };

    private static KnownError Find(MaServiceException e) => new(
        $"MaService.{e.Fault}",
        e.Fault switch
        {
            MaServiceFault.Address => ErrorCategory.InvalidArgument,
            MaServiceFault.NotReachable => ErrorCategory.ConnectionError,
            MaServiceFault.TimedOut => ErrorCategory.OperationTimeout,
            MaServiceFault.Unavailable or MaServiceFault.TooManyRequests => ErrorCategory.ResourceBusy,
            MaServiceFault.NotTheService or MaServiceFault.Malformed or MaServiceFault.VersionMismatch or MaServiceFault.ActionMismatch or MaServiceFault.HeaderNotUnderstood => ErrorCategory.ProtocolError,
            MaServiceFault.TooLarge or MaServiceFault.PackageTooLarge or MaServiceFault.QuotaExceeded or MaServiceFault.AnswerTooLarge => ErrorCategory.LimitsExceeded,
            MaServiceFault.EndorsementKeyUnsupported => ErrorCategory.NotImplemented,
            MaServiceFault.ChallengeInvalid or MaServiceFault.ChallengeExpired or MaServiceFault.ChallengeUsed or MaServiceFault.ChallengeFailed or MaServiceFault.CertificationRefused
                or MaServiceFault.TokenInvalid or MaServiceFault.TokenExpired => ErrorCategory.AuthenticationError,
            MaServiceFault.EndorsementKeyNotTrusted or MaServiceFault.AttestationKeyRefused or MaServiceFault.ClientBlocked or MaServiceFault.AdministratorRequired or MaServiceFault.PackageHeld
                or MaServiceFault.ReleaseNotApproved or MaServiceFault.ReleaseDenied or MaServiceFault.AuthorityNotHonoured => ErrorCategory.PermissionDenied,
            MaServiceFault.PackageNotFound => ErrorCategory.ObjectNotFound,
            MaServiceFault.PackageConflict => ErrorCategory.ResourceExists,
            MaServiceFault.PackageMalformed => ErrorCategory.InvalidData,
            MaServiceFault.PackageNotForThisAuthority or MaServiceFault.PackageDeleted or MaServiceFault.Refused => ErrorCategory.InvalidOperation,
            _ => ErrorCategory.SecurityError,
        },
        e.Fault switch
        {
            MaServiceFault.Address or MaServiceFault.NotReachable or MaServiceFault.NotTheService => "Check the address (-Uri, TPMMIGRATION_MA) and that the service runs there.",
            MaServiceFault.TlsRefused => "Name the service's certificate with -TlsFingerprint, as its operator tells it.",
            MaServiceFault.TimedOut => "Run the command again, or give it more time with -TimeoutSeconds.",
            MaServiceFault.Unavailable or MaServiceFault.TooManyRequests => "Run the command again after a while.",
            MaServiceFault.Malformed or MaServiceFault.VersionMismatch or MaServiceFault.ActionMismatch or MaServiceFault.HeaderNotUnderstood or MaServiceFault.Refused => "Use the release of this module that goes with the service.",
            MaServiceFault.AnswerTooLarge => "Allow more with -MaximumSize, if the package is known to be good.",
            MaServiceFault.EndorsementKeyNotTrusted => "Have the operator let this machine in ('tpm-ma trust add'), or give the certificates between its own and the manufacturer's root with Connect-MaService -CertificatePath.",
            MaServiceFault.SignerNotTrusted => "Register the Migration Authority, if its fingerprint is the right one: Get-MaKey | Register-MigrationAuthority -Role MigrationAuthority.",
            MaServiceFault.PackageNotForThisAuthority => "Export the keys to the service's own key: Export-TpmMigrationPackage -Destination (Get-MaKey).",
            MaServiceFault.PackageSignerRefused => "Have the machine that signed the package prove itself once, with Connect-MaService there; or send the package from that machine.",
            MaServiceFault.PackageUnproven => "Export the keys again, with -KeyPassword where they have a password.",
            MaServiceFault.PackageNotFound => "List the packages with Find-MaPackage.",
            MaServiceFault.ReleaseNotApproved or MaServiceFault.ReleaseDenied or MaServiceFault.ApprovalRefused or MaServiceFault.ApprovalExpired or MaServiceFault.ApprovalUsed or MaServiceFault.AuthorityNotHonoured =>
                "Have an authority of the keys or of the package approve this machine (Approve-TpmMigration -Certificate), and give that with -Approval.",
            MaServiceFault.ClientBlocked or MaServiceFault.AdministratorRequired or MaServiceFault.PackageHeld or MaServiceFault.QuotaExceeded or MaServiceFault.AnswerRefused => "Ask the operator of the service.",
            MaServiceFault.PackageConflict or MaServiceFault.PackageDeleted or MaServiceFault.PackageMalformed or MaServiceFault.PackageAltered or MaServiceFault.PackageSignatureRefused
                or MaServiceFault.PackageApprovalRefused or MaServiceFault.PackageTooLarge or MaServiceFault.TooLarge => "Export the keys again, in fewer keys to a package where it is too large.",
            _ => "Run the command again; if it fails again, ask the operator of the service.",
        },
        e.Fault is < MaServiceFault.PackageMalformed or MaServiceFault.Unavailable or MaServiceFault.Refused or MaServiceFault.Address or MaServiceFault.NotReachable or MaServiceFault.TlsRefused
            or MaServiceFault.TimedOut or MaServiceFault.NotTheService);

    private static KnownError Find(PackageFormatException e) => e.Fault switch
    {
        PackageFormatFault.LimitExceeded => new("Package.LimitExceeded", ErrorCategory.LimitsExceeded, "Allow more with -MaximumSize or -MaximumKeyCount, if the package is known to be good."),
        PackageFormatFault.UnknownVersion or PackageFormatFault.UnknownExtension => new($"Package.{e.Fault}", ErrorCategory.NotImplemented, "Read the package with a later release of this module."),
        _ => new($"Package.{e.Fault}", ErrorCategory.InvalidData, "Get the package anew from its source; it may have been cut off."),
    };

    private static KnownError Find(DocumentAccessException e) => new(
        $"Document.{e.Fault}",
        e.Fault switch
        {
            DocumentFault.NotFound => ErrorCategory.ObjectNotFound,
            DocumentFault.NotReadable => ErrorCategory.ReadError,
            DocumentFault.Exists => ErrorCategory.ResourceExists,
            _ => ErrorCategory.WriteError,
        },
        "Check the path and the rights on it.");

    private static KnownError FindRefusal(TpmException e) => e.Code == TpmRc.ObjectMemory || e.Code == TpmRc.SessionMemory || e.Code == TpmRc.Memory
        ? new("Tpm.NoRoom", ErrorCategory.ResourceBusy, "Close other programs that use the TPM, or use it through its resource manager (/dev/tpmrm0).", true)
        : new("Tpm.Refused", ErrorCategory.InvalidOperation, "See the message for what the TPM refused, and why.");
}

using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Migration;

/// <summary>Whether this machine takes packages from the signer of one.</summary>
public static class PackageTrust
{
    /// <param name="register">Who is trusted.</param>
    /// <param name="own">This machine's own signer; null if it has none.</param>
    /// <param name="package">A package as it was read.</param>
    public static TrustVerdict Judge(TrustRegister register, SignerIdentity? own, MigrationPackage package)
    {
        SignerIdentity signer = (package.Signature ?? throw new ArgumentException("A package that was read is signed.", nameof(package))).Signer;
        DateTime now = DateTime.UtcNow;
        TrustVerdict asSigner = register.Judge(signer, TrustRole.PackageSigner, now, own);
        // Who may sign packages has no say on where keys go without approvals.
        if (asSigner.IsTrusted && !package.Rewraps.Any(rewrap => rewrap.IsReturn)) return asSigner;
        // An MA signs what it wraps anew.
        TrustVerdict asAuthority = register.Judge(signer, TrustRole.MigrationAuthority, now, null);
        return asAuthority.IsTrusted || asSigner.IsTrusted ? asAuthority : asSigner;
    }
}

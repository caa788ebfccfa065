using System;

namespace TpmMigration.Approvals;

/// <summary>What a signer may be trusted for.</summary>
[Flags]
public enum TrustRole
{
    None = 0,

    /// <summary>Signs Migration Packages that this machine imports.</summary>
    PackageSigner = 1,

    /// <summary>Coordinates migrations, and signs the packages that it wraps anew.</summary>
    MigrationAuthority = 2,

    /// <summary>Approves the destinations of certifiable migratable keys.</summary>
    MigrationSelectionAuthority = 4,
}

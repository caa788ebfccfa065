using TpmMigration.Approvals;

namespace TpmMigration.Tests.Migration;

/// <summary>For tests in which trust is not what is tested.</summary>
internal static class Trusted
{
    internal static TrustVerdict Signer { get; } = new(TrustStanding.Trusted, null, "Registered.");
}

using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Opens the trust register that users name with -TrustRegister.</summary>
internal static class TrustRegisterInput
{
    /// <param name="cmdlet">Resolves the path.</param>
    /// <param name="path">Null for this machine's register.</param>
    /// <exception cref="TrustRegisterException">It is damaged, cannot be read, or could have been changed by others than administrators.</exception>
    internal static TrustRegister Open(PSCmdlet cmdlet, string? path) =>
        TrustRegister.Open(path == null ? null : cmdlet.GetUnresolvedProviderPathFromPSPath(path));
}

using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Approvals and denials of authorities, found by authority and key: thousands of keys may each have their own.</summary>
internal sealed class SelectionDecisions
{
    private readonly ILookup<(string Authority, string? Key), SelectionApproval> _decisions;

    internal SelectionDecisions(IEnumerable<SelectionApproval> decisions) => _decisions = decisions.ToLookup(
        each => (Hex.Format(each.Authority.TpmName), each.Key == null ? null : Hex.Format(each.Key.TpmName)));

    /// <summary>What one authority decided on one key: on the very key, then on all keys.</summary>
    /// <param name="authority">The TPM name of the authority.</param>
    /// <param name="key">The TPM name of the key.</param>
    internal IReadOnlyList<SelectionApproval> Of(byte[] authority, byte[] key)
    {
        string name = Hex.Format(authority);
        return [.. _decisions[(name, Hex.Format(key))], .. _decisions[(name, null)]];
    }

    /// <summary>All of them.</summary>
    internal IEnumerable<SelectionApproval> All => _decisions.SelectMany(group => group);
}

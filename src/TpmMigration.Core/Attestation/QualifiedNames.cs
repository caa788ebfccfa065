using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>Where a key stands: the qualified name, which a TPM states, covers the names of all above it. TPM 2.0 Part 1, clause 16.</summary>
internal static class QualifiedNames
{
    // Owner, endorsement, platform. What is below the null hierarchy is gone with the next restart.
    private static readonly uint[] Hierarchies = [TpmHandle.Owner.Value, TpmHandle.Endorsement.Value, 0x4000000C];

    /// <summary>Whether a key with this qualified name stands below these.</summary>
    /// <param name="key">The key; its name algorithm is supported.</param>
    /// <param name="ancestors">Its parent first, a primary key last; empty for a primary key.</param>
    /// <param name="qualifiedName">What the TPM states.</param>
    internal static bool Fit(TpmtPublic key, IReadOnlyList<TpmtPublic> ancestors, byte[] qualifiedName) =>
        ancestors.All(a => a.NameAlg != TpmAlgId.Sha1 && TpmHash.IsSupported(a.NameAlg))
        && Hierarchies.Any(hierarchy => SecretBytes.FixedTimeEquals(
            qualifiedName,
            ObjectName.Qualified(ancestors.Reverse().Aggregate(ObjectName.OfHandle(hierarchy), (above, ancestor) => ObjectName.Qualified(above, ancestor.Name)), key.Name)));
}

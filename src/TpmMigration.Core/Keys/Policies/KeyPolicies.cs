using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The policies of migratable keys, as branches of steps that can be stored; see <see cref="PolicyBranches"/>.</summary>
public static class KeyPolicies
{
    // By hash. Two threads may both compute one; the result is the same.
    private static readonly byte[]?[] MigratableDigests = new byte[]?[(int)TpmAlgId.Sha512 + 1];

    /// <summary>The one branch of an MK: key password, TPM Owner, and the Duplicate command only.</summary>
    public static IReadOnlyList<PolicyStep> MigratableBranch { get; } =
    [
        new PolicyStep((uint)TpmCc.PolicyAuthValue, []),
        new PolicyStep((uint)TpmCc.PolicySecret, TpmWriter.Write(w =>
        {
            w.WriteU32(TpmHandle.Owner.Value);
            w.WriteTpm2b(TpmHandle.Owner.Name);
            w.WriteTpm2b([]);
        })),
        new PolicyStep((uint)TpmCc.PolicyCommandCode, ObjectName.OfHandle((uint)TpmCc.Duplicate)),
    ];

    /// <summary>The digest of an MK's policy, computed once for each hash: every key of an inventory is held against it.</summary>
    internal static byte[] MigratableDigest(TpmAlgId hash) => MigratableDigests[(int)hash] ??= PolicyBranches.Digest(hash, [MigratableBranch]);
}

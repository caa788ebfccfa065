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

    /// <summary>One branch of a CMK: what this MSA approved.</summary>
    /// <param name="keyName">The TPM name of the MSA's public key.</param>
    public static IReadOnlyList<PolicyStep> SelectionAuthorityBranch(byte[] keyName) =>
    [
        new PolicyStep((uint)TpmCc.PolicyAuthorize, TpmWriter.Write(w =>
        {
            w.WriteTpm2b([]);
            w.WriteTpm2b(keyName);
        })),
    ];

    /// <summary>The name of the MSA's key in a step made by <see cref="SelectionAuthorityBranch"/>.</summary>
    public static byte[] SelectionAuthorityOf(PolicyStep step) => PolicyBranches.ReadReferenceAndName(step).Name;
}

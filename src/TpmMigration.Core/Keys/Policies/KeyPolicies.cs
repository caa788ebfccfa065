using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The policies of migratable keys as steps that can be stored, and their digests. The steps are those of TSS2 key files: a command
/// code and the command's own data.
/// <list type="bullet">
/// <item>PolicyAuthValue: no data.</item>
/// <item>PolicyCommandCode: the command code (4 bytes).</item>
/// <item>PolicySecret: handle (4 bytes), name (TPM2B), policyRef (TPM2B).</item>
/// <item>PolicyAuthorize and PolicySigned: policyRef (TPM2B), name of the key (TPM2B).</item>
/// </list>
/// </summary>
public static class KeyPolicies
{
    private const int MostBranchesInOneOr = 8;

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
    internal static byte[] MigratableDigest(TpmAlgId hash) => MigratableDigests[(int)hash] ??= Digest(hash, [MigratableBranch]);

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
    public static byte[] SelectionAuthorityOf(PolicyStep step) => ReadReferenceAndName(step).Name;

    /// <summary>The digest of a policy: its one branch's, or PolicyOR over all, in groups of eight where there are more.</summary>
    /// <exception cref="TpmWireException">A step's data is not of the form its command asks for, or the command is none of those above.</exception>
    public static byte[] Digest(TpmAlgId hash, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        List<byte[]> digests = branches.Select(branch => BranchDigest(hash, branch)).ToList();
        while (digests.Count > 1)
        {
            digests = digests
                .Select((digest, index) => (digest, group: index / MostBranchesInOneOr))
                .GroupBy(item => item.group, item => item.digest)
                .Select(group => group.Count() == 1 ? group.First() : new PolicyDigest(hash).Or(group.ToList()).Value)
                .ToList();
        }
        return digests.Count == 0 ? [] : digests[0];
    }

    private static byte[] BranchDigest(TpmAlgId hash, IReadOnlyList<PolicyStep> branch)
    {
        var digest = new PolicyDigest(hash);
        foreach (PolicyStep step in branch)
        {
            switch ((TpmCc)step.CommandCode)
            {
                case TpmCc.PolicyAuthValue:
                    new TpmReader(step.CommandPolicy).EnsureEnd("The step PolicyAuthValue");
                    digest.AuthValue();
                    break;
                case TpmCc.PolicyCommandCode:
                    digest.CommandCode((TpmCc)TpmReader.ReadWhole(step.CommandPolicy, "The step PolicyCommandCode", r => r.ReadU32()));
                    break;
                case TpmCc.PolicySecret:
                    (_, byte[] name, byte[] reference) = TpmReader.ReadWhole(
                        step.CommandPolicy, "The step PolicySecret", r => (r.ReadU32(), r.ReadTpm2b(), r.ReadTpm2b()));
                    digest.Secret(name, reference);
                    break;
                case TpmCc.PolicyAuthorize:
                    (byte[] authorizeReference, byte[] authorizeName) = ReadReferenceAndName(step);
                    digest.Authorize(authorizeName, authorizeReference);
                    break;
                case TpmCc.PolicySigned:
                    (byte[] signedReference, byte[] signedName) = ReadReferenceAndName(step);
                    digest.Signed(signedName, signedReference);
                    break;
                default:
                    throw new TpmWireException($"A policy step names the command 0x{step.CommandCode:X}, which no policy of a migratable key has.");
            }
        }
        return digest.Value;
    }

    private static (byte[] Reference, byte[] Name) ReadReferenceAndName(PolicyStep step) =>
        TpmReader.ReadWhole(step.CommandPolicy, "The policy step", r => (r.ReadTpm2b(), r.ReadTpm2b()));
}

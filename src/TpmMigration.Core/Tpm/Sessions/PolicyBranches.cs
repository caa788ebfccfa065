using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Tpm;

/// <summary>
/// The digest of a policy that is recorded as branches of steps, in software.
/// The steps are those of TSS2 key files: a command code and the command's own data.
/// <list type="bullet">
/// <item>PolicyAuthValue: no data.</item>
/// <item>PolicyCommandCode: the command code (4 bytes).</item>
/// <item>PolicyPCR: digest of the values (TPM2B), selection (TPML_PCR_SELECTION); see <see cref="PcrStep"/>.</item>
/// <item>PolicySecret: handle (4 bytes), name (TPM2B), policyRef (TPM2B).</item>
/// <item>PolicyAuthorize and PolicySigned: policyRef (TPM2B), name of the key (TPM2B).</item>
/// </list>
/// </summary>
public static class PolicyBranches
{
    private const int MostBranchesInOneOr = 8;

    /// <summary>The digest of a policy: its one branch's, or PolicyOR over all, in groups of eight where there are more.</summary>
    /// <exception cref="TpmWireException">A step's data is not of the form its command asks for, or the command is none of those above.</exception>
    public static byte[] Digest(TpmAlgId hash, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        List<byte[]> digests = BranchDigests(hash, branches);
        while (digests.Count > 1) digests = Combined(hash, digests);
        return digests.Count == 0 ? [] : digests[0];
    }

    /// <summary>What leads from the digest of one branch to that of the policy: the list of each TPM2_PolicyOR, in their order; none where there is one branch.</summary>
    /// <param name="hash">The policy's hash.</param>
    /// <param name="branches">All branches.</param>
    /// <param name="branch">The number of the branch, from 0.</param>
    /// <exception cref="TpmWireException">As for <see cref="Digest"/>.</exception>
    public static IReadOnlyList<IReadOnlyList<byte[]>> OrPath(TpmAlgId hash, IReadOnlyList<IReadOnlyList<PolicyStep>> branches, int branch)
    {
        List<IReadOnlyList<byte[]>> path = [];
        List<byte[]> digests = BranchDigests(hash, branches);
        while (digests.Count > 1)
        {
            List<byte[]> group = digests.Skip(branch / MostBranchesInOneOr * MostBranchesInOneOr).Take(MostBranchesInOneOr).ToList();
            // One that is left over stands for itself.
            if (group.Count > 1) path.Add(group);
            digests = Combined(hash, digests);
            branch /= MostBranchesInOneOr;
        }
        return path;
    }

    private static List<byte[]> BranchDigests(TpmAlgId hash, IReadOnlyList<IReadOnlyList<PolicyStep>> branches) => branches.Select(branch => BranchDigest(hash, branch)).ToList();

    private static List<byte[]> Combined(TpmAlgId hash, List<byte[]> digests) => digests
        .Select((digest, index) => (digest, group: index / MostBranchesInOneOr))
        .GroupBy(item => item.group, item => item.digest)
        .Select(group => group.Count() == 1 ? group.First() : new PolicyDigest(hash).Or(group.ToList()).Value)
        .ToList();

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
                case TpmCc.PolicyPcr:
                    PcrStep.Read(hash, step).Extend(digest);
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

    internal static (byte[] Reference, byte[] Name) ReadReferenceAndName(PolicyStep step) =>
        TpmReader.ReadWhole(step.CommandPolicy, "The policy step", r => (r.ReadTpm2b(), r.ReadTpm2b()));
}

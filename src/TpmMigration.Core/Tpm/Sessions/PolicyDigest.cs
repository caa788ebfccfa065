using System.Collections.Generic;

namespace TpmMigration.Tpm;

/// <summary>
/// A policy digest computed in software, as a trial session would: each call extends it like the command of that name.
/// TPM 2.0 Part 3, clause 23.
/// </summary>
public sealed class PolicyDigest
{
    private readonly TpmAlgId _hash;

    /// <param name="hash">The policy's hash: the name algorithm of the object it is for.</param>
    public PolicyDigest(TpmAlgId hash = TpmAlgId.Sha256)
    {
        _hash = hash;
        Value = new byte[TpmHash.Size(hash)];
    }

    /// <summary>The digest so far; all zero at the start.</summary>
    public byte[] Value { get; private set; }

    public PolicyDigest AuthValue() => Extend(TpmCc.PolicyAuthValue);

    public PolicyDigest CommandCode(TpmCc code) => Extend(TpmCc.PolicyCommandCode, ObjectName.OfHandle((uint)code));

    /// <param name="pcrs">TPML_PCR_SELECTION.</param>
    /// <param name="pcrDigest">The digest of the PCRs' values, by the policy's hash.</param>
    public PolicyDigest Pcr(byte[] pcrs, byte[] pcrDigest) => Extend(TpmCc.PolicyPcr, pcrs, pcrDigest);

    public PolicyDigest Secret(byte[] entityName, byte[] policyRef) => Update(TpmCc.PolicySecret, entityName, policyRef);

    public PolicyDigest Signed(byte[] keyName, byte[] policyRef) => Update(TpmCc.PolicySigned, keyName, policyRef);

    public PolicyDigest Authorize(byte[] keyName, byte[] policyRef)
    {
        Value = new byte[Value.Length];
        return Update(TpmCc.PolicyAuthorize, keyName, policyRef);
    }

    /// <param name="objectName">The key's name where the policy is for one key only; null for any key.</param>
    /// <param name="newParentName">The name of the approved parent.</param>
    public PolicyDigest DuplicationSelect(byte[]? objectName, byte[] newParentName) =>
        Extend(TpmCc.PolicyDuplicationSelect, objectName ?? [], newParentName, [objectName == null ? (byte)0 : (byte)1]);

    public PolicyDigest Or(IReadOnlyList<byte[]> digests)
    {
        Value = new byte[Value.Length];
        return Extend(TpmCc.PolicyOr, [.. digests]);
    }

    private PolicyDigest Update(TpmCc code, byte[] name, byte[] policyRef)
    {
        Extend(code, name);
        Value = TpmHash.Digest(_hash, Value, policyRef);
        return this;
    }

    private PolicyDigest Extend(TpmCc code, params byte[][] parts)
    {
        Value = TpmHash.Digest(_hash, [Value, ObjectName.OfHandle((uint)code), .. parts]);
        return this;
    }
}

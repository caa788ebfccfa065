using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The TPM2_Duplicate that an approval is about, as TPMs name it. TPM 2.0 Part 3, 13.1.</summary>
internal static class DuplicationCommand
{
    /// <summary>
    /// The command that an approval allows. The key of the inner wrap is left to the TPM: a key of ours would have to be known to whoever
    /// approves.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="newParent">The new parent.</param>
    /// <param name="innerWrap">Whether an inner wrap is asked for: AES-128-CFB.</param>
    internal static Duplicate For(TpmHandle key, TpmHandle newParent, bool innerWrap) => new()
    {
        ObjectHandle = key,
        NewParentHandle = newParent,
        SymmetricAlg = innerWrap ? TpmtSymDef.Aes128Cfb : TpmtSymDef.Null,
    };

    /// <summary>The digest of the command for one key and one new parent (cpHash; Part 1, 16.7).</summary>
    /// <param name="keyName">The TPM name of the key. Its hash is the one of the policy session, and so of the digest.</param>
    /// <param name="newParentName">The TPM name of the new parent.</param>
    /// <param name="innerWrap">Whether an inner wrap is asked for.</param>
    /// <exception cref="UnsupportedAlgorithmException">The name's hash is not supported.</exception>
    internal static byte[] CpHash(byte[] keyName, byte[] newParentName, bool innerWrap) =>
        CommandHash.Compute(HashOf(keyName), For(new TpmHandle(0, keyName), new TpmHandle(0, newParentName), innerWrap));

    /// <summary>The hash that a name begins with.</summary>
    internal static TpmAlgId HashOf(byte[] name) => new TpmReader(name).ReadAlg();
}

using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Says of a key whether it can be duplicated by itself, and if not, why and what to do.</summary>
public static class MigrationRules
{
    /// <exception cref="KeyException">The key cannot leave its TPM by itself with the Owner's approval.</exception>
    public static void RequireOwnerCanApprove(string name, KeyClassification classification)
    {
        if (classification.Kind == KeyKind.CertifiableMigratable)
            throw new KeyException(KeyFault.NeedsSelectionAuthority, $"The key '{name}' is a CMK: a Migration Selection Authority approves its destination, not the TPM Owner. Its policy asks for {Branches(classification.Selection!)}.");
        RequireCanLeave(name, classification);
    }

    /// <exception cref="KeyException">The key cannot leave its TPM by itself, whoever approves.</exception>
    public static void RequireCanLeave(string name, KeyClassification classification)
    {
        switch (classification.Kind)
        {
            case KeyKind.Migratable or KeyKind.CertifiableMigratable:
                break;
            case KeyKind.NonMigratable:
                throw new KeyException(KeyFault.NotMigratable, $"The key '{name}' cannot be migrated: {classification.Reason} Make a new key with New-TpmMigratableKey.");
            case KeyKind.MovesWithParent:
                throw new KeyException(KeyFault.MovesWithParent, $"The key '{name}' cannot be migrated alone: {classification.Reason} Migrate its parent.");
            case KeyKind.NotDuplicable:
                throw new KeyException(KeyFault.NotDuplicable, $"The key '{name}' cannot be migrated: {classification.Reason}");
            default:
                throw new KeyException(KeyFault.UnknownPolicy, $"The key '{name}' cannot be migrated here: {classification.Reason}");
        }
    }

    /// <exception cref="KeyException">encryptedDuplication is set: the TPM lets the key go with an inner wrap only.</exception>
    public static void RequireInnerWrap(string name, TpmtPublic publicArea, bool hasInnerWrap)
    {
        if (!hasInnerWrap && publicArea.Has(TpmaObject.EncryptedDuplication))
            throw new KeyException(KeyFault.NeedsInnerWrap, $"The key '{name}' cannot go like this: encryptedDuplication is set, so the TPM lets it go with an inner wrap only. Name who can open that with -RecoveryAgent or -RecoveryPassphrase.");
    }

    /// <summary>The branches of a CMK's policy in words, with the TPM names of the MSAs' keys.</summary>
    private static string Branches(SelectionPolicy policy)
    {
        string keys = string.Join(policy.Quorum == 1 ? " or " : ", ", policy.Authorities.Select(name => "with the key " + Hex.Format(name)));
        return policy.Quorum == 1 ? $"PolicyAuthorize by the MSA {keys}" : $"PolicySigned by {policy.Quorum} of the MSAs {keys}";
    }
}

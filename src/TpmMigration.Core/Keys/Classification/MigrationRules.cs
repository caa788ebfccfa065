using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Says of a key whether it can be duplicated by itself, and if not, why and what to do.</summary>
public static class MigrationRules
{
    /// <exception cref="KeyException">The key cannot leave its TPM by itself with the Owner's approval.</exception>
    public static void RequireOwnerCanApprove(string name, KeyClassification classification)
    {
        switch (classification.Kind)
        {
            case KeyKind.Migratable:
                break;
            case KeyKind.NonMigratable:
                throw new KeyException(KeyFault.NotMigratable, $"The key '{name}' cannot be migrated: {classification.Reason} Make a new key with New-TpmMigratableKey.");
            case KeyKind.MovesWithParent:
                throw new KeyException(KeyFault.MovesWithParent, $"The key '{name}' cannot be migrated alone: {classification.Reason} Migrate its parent.");
            case KeyKind.NotDuplicable:
                throw new KeyException(KeyFault.NotDuplicable, $"The key '{name}' cannot be migrated: {classification.Reason}");
            case KeyKind.CertifiableMigratable:
                throw new KeyException(KeyFault.NeedsSelectionAuthority, $"The key '{name}' is a CMK: a Migration Selection Authority approves its destination, not the TPM Owner. Its policy asks for {Branches(classification)}.");
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

    /// <summary>The branches of a CMK's policy, each with the TPM name of the MSA's key.</summary>
    private static string Branches(KeyClassification classification) =>
        (classification.Selection!.Quorum == 1 ? "" : $"{classification.Selection.Quorum} of ") + string.Join(
            classification.Selection.Quorum == 1 ? " or " : ", ",
            classification.Selection.Authorities.Select(name => $"{(classification.Selection.Quorum == 1 ? "PolicyAuthorize" : "PolicySigned")} by the MSA with the key {Hex.Format(name)}"));
}

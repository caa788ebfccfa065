namespace TpmMigration.Keys;

/// <summary>What may become of a key, in the TCG's terms. Told from its public area and policy, never from a label.</summary>
public enum KeyKind
{
    /// <summary>NMK: never leaves its TPM.</summary>
    NonMigratable,

    /// <summary>MK: leaves when the key owner and the TPM Owner both say so.</summary>
    Migratable,

    /// <summary>CMK: leaves when the key owner and one of its Migration Selection Authorities say so.</summary>
    CertifiableMigratable,

    /// <summary>Bound to its parent, which can migrate: leaves with the parent and not alone.</summary>
    MovesWithParent,

    /// <summary>Could be duplicated under a policy that is not recorded here.</summary>
    UnknownPolicy,

    /// <summary>Not bound to TPM or parent, yet without the policy that duplication requires.</summary>
    NotDuplicable,
}

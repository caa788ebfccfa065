using System;

namespace TpmMigration.Keys;

/// <summary>Why something cannot be done with a key.</summary>
public enum KeyFault
{
    /// <summary>An NMK was asked to migrate.</summary>
    NotMigratable,

    /// <summary>It moves with its parent, and was asked to move alone.</summary>
    MovesWithParent,

    /// <summary>It has no policy, so no TPM duplicates it.</summary>
    NotDuplicable,

    /// <summary>Its policy is not known here.</summary>
    UnknownPolicy,

    /// <summary>A CMK: a Migration Selection Authority must approve, not the Owner.</summary>
    NeedsSelectionAuthority,

    /// <summary>encryptedDuplication is set: it leaves with an inner wrap only.</summary>
    NeedsInnerWrap,

    /// <summary>encryptedDuplication differs from the parent's.</summary>
    EncryptedDuplicationMismatch,

    /// <summary>The parent it loads under is not in the store.</summary>
    ParentMissing,

    /// <summary>It was asked to be a parent and is no storage key.</summary>
    NotAStorageKey,

    /// <summary>It bears the name of a platform's own key and is none.</summary>
    NotAPlatformKey,

    /// <summary>Its parent is the storage root key of another TPM.</summary>
    ForAnotherTpm,

    /// <summary>The TPM cannot load it: its blobs were altered, or belong to another TPM.</summary>
    NotLoadable,

    /// <summary>There is no such key.</summary>
    NotFound,

    /// <summary>Other keys depend on it.</summary>
    HasChildren,

    /// <summary>The TPM has no persistent handle or memory left for it.</summary>
    NoRoom,
}

/// <summary>A key does not allow what was asked of it. The message says why and what to do.</summary>
public sealed class KeyException : Exception
{
    public KeyException(KeyFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public KeyFault Fault { get; }
}

using System;

namespace TpmMigration.Keys;

/// <summary>Why the key store could not do what was asked.</summary>
public enum KeyStoreFault
{
    /// <summary>A name cannot be used for a key.</summary>
    InvalidName,

    /// <summary>A key of that name is there already.</summary>
    KeyExists,

    /// <summary>There is no key of that name.</summary>
    KeyNotFound,

    /// <summary>The key's file or record is missing, damaged, or belongs to another key. Other keys are not concerned.</summary>
    KeyDamaged,

    /// <summary>Another program holds the store, for longer than was to be waited.</summary>
    Locked,

    /// <summary>The folder belongs to someone else, or may not be read or written.</summary>
    AccessDenied,

    /// <summary>There is no space; nothing was changed.</summary>
    DiskFull,

    /// <summary>The change is decided and durable, but its last steps failed; the next use of the store completes them.</summary>
    CommitUnfinished,

    /// <summary>What the store keeps about an unfinished change is damaged.</summary>
    StoreDamaged,

    /// <summary>The file system reported another error; nothing was changed.</summary>
    InputOutput,
}

/// <summary>The key store refused or failed. The message says what is wrong, where, and what to do.</summary>
public sealed class KeyStoreException : Exception
{
    public KeyStoreException(KeyStoreFault fault, string message, Exception? innerException = null) : base(message, innerException) =>
        Fault = fault;

    public KeyStoreFault Fault { get; }

    /// <summary>The key concerned, or null where it is the store as a whole.</summary>
    public string? KeyName { get; init; }
}

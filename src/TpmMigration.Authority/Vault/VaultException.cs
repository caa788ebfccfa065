using System;

namespace TpmMigration.Authority.Vault;

/// <summary>Why the database cannot be used.</summary>
public enum VaultFault
{
    /// <summary>A later release made its schema.</summary>
    LaterRelease,

    /// <summary>The connection string is none.</summary>
    ConnectionUnreadable,

    /// <summary>Its commits would not wait for the disk.</summary>
    NotDurable,

    /// <summary>It holds another Migration Authority already.</summary>
    InUse,

    /// <summary>It cannot take part now: it is locked, or a commit is not known to last. What was to be changed may be sent again.</summary>
    Unavailable,
}

/// <summary>The database is not one that this release can work with, or not now.</summary>
public sealed class VaultException : Exception
{
    public VaultException(VaultFault fault, string message, Exception? innerException = null) : base(message, innerException) => Fault = fault;

    public VaultFault Fault { get; }
}

using System;

namespace TpmMigration.Authority.Backup;

/// <summary>Why a backup cannot be made, or restored.</summary>
public enum BackupFault
{
    /// <summary>The file is there already, and is not overwritten.</summary>
    Exists,

    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>The file is no backup, or was cut off or altered.</summary>
    Damaged,

    /// <summary>The packages and the audit trail are in a database server, and nobody said in which.</summary>
    DatabaseNotNamed,

    /// <summary>What the database holds is not whole.</summary>
    ContentNotWhole,
}

/// <summary>A backup cannot be made, or restored. Nothing was changed.</summary>
public sealed class BackupException : Exception
{
    public BackupException(BackupFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public BackupFault Fault { get; }
}

using System;

namespace TpmMigration.Authority.Keys;

/// <summary>Why the data directory cannot be used.</summary>
public enum DataDirectoryFault
{
    /// <summary>There is none; `tpm-ma init` makes it.</summary>
    NotInitialized,

    /// <summary>There is one already, which is never overwritten.</summary>
    Exists,

    /// <summary>The secret that opens the keys is missing or too short.</summary>
    SecretMissing,

    /// <summary>The keys do not open: another secret, or the file was altered.</summary>
    KeysRefused,

    /// <summary>It belongs to another user.</summary>
    NotProtected,
}

/// <summary>The data directory of the service cannot be used.</summary>
public sealed class DataDirectoryException : Exception
{
    public DataDirectoryException(DataDirectoryFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public DataDirectoryFault Fault { get; }
}

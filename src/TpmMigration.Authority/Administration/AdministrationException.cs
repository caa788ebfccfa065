using System;

namespace TpmMigration.Authority.Administration;

/// <summary>Why something that an administrator wants cannot be done.</summary>
public enum AdministrationFault
{
    /// <summary>There is no such client, package, approval or administrator.</summary>
    NotFound,

    /// <summary>It is so already, or something depends on it.</summary>
    Conflict,

    /// <summary>What is given is not what it should be.</summary>
    Invalid,
}

/// <summary>What an administrator wants cannot be done; nothing was changed.</summary>
public sealed class AdministrationException : Exception
{
    public AdministrationException(AdministrationFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public AdministrationFault Fault { get; }
}

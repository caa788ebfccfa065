using System;

namespace TpmMigration.Approvals;

/// <summary>Why the trust register could not do what was asked.</summary>
public enum TrustRegisterFault
{
    /// <summary>The file is no register, or a damaged one.</summary>
    Malformed,

    /// <summary>Others than administrators could change the file or its folder, or it is a link: what it says proves nothing.</summary>
    NotProtected,

    /// <summary>It may not be read or written.</summary>
    AccessDenied,

    /// <summary>Another program holds it, for longer than was to be waited.</summary>
    Locked,

    /// <summary>A name, role or reason that cannot be registered.</summary>
    InvalidEntry,

    /// <summary>A signer is registered already, or another under its name.</summary>
    Exists,

    /// <summary>No signer of that name is registered.</summary>
    NotFound,

    /// <summary>The file system reported another error; nothing was changed.</summary>
    InputOutput,
}

/// <summary>The trust register refused or failed. The message says what is wrong, where, and what to do.</summary>
public sealed class TrustRegisterException : Exception
{
    public TrustRegisterException(TrustRegisterFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public TrustRegisterFault Fault { get; }
}

using System;

namespace TpmMigration.Recovery;

/// <summary>Why the inner wrap of a package is not opened, or cannot be handed over.</summary>
public enum RecoveryFault
{
    /// <summary>The package has an inner wrap, and neither a release nor a passphrase was given.</summary>
    Missing,

    /// <summary>The package has no inner wrap: there is nothing to open.</summary>
    NoInnerWrap,

    /// <summary>A passphrase was given, and the package is not opened by one.</summary>
    NoPassphrase,

    /// <summary>The passphrase is not the one of the package.</summary>
    WrongPassphrase,

    /// <summary>The passphrase is too short to protect keys for years.</summary>
    WeakPassphrase,

    /// <summary>The certificate cannot be an agent's: its key or its key usage does not allow it.</summary>
    AgentUnsuitable,

    /// <summary>Two recipients are one.</summary>
    AgentTwice,

    /// <summary>The certificate is none of the package's recovery agents.</summary>
    NotAnAgent,

    /// <summary>What the package holds for the agent does not open with the agent's key.</summary>
    EnvelopeDamaged,

    /// <summary>The destination takes no release: its parent takes only what has an inner wrap.</summary>
    DestinationUnsuitable,

    /// <summary>The release is no release document.</summary>
    Malformed,

    /// <summary>The release is for another package.</summary>
    ForAnotherPackage,

    /// <summary>The release is for another destination than the package.</summary>
    ForAnotherDestination,

    /// <summary>The release was signed by somebody who is no agent of the package.</summary>
    NotByAgent,

    /// <summary>The TPM does not open the release.</summary>
    NotOpened,
}

/// <summary>The inner wrap of a package is not opened, or cannot be handed over. The message says why and what to do, and holds no secret.</summary>
public sealed class RecoveryException : Exception
{
    public RecoveryException(RecoveryFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public RecoveryFault Fault { get; }
}

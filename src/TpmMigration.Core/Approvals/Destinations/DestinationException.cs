using System;

namespace TpmMigration.Approvals;

/// <summary>What is wrong with a destination.</summary>
public enum DestinationFault
{
    Malformed,
    Altered,

    /// <summary>The evidence in it contradicts itself.</summary>
    EvidenceContradicted,

    /// <summary>All there is of it is an endorsement key, and nothing proves that it is in a TPM.</summary>
    Unproven,

    /// <summary>What was given for an endorsement certificate is none, or its key cannot be read.</summary>
    CertificateUnreadable,

    /// <summary>The endorsement key follows none of the default templates, so that its public area cannot be known, or has no use here.</summary>
    EndorsementKeyUnsupported,

    /// <summary>This machine's TPM gives no endorsement key.</summary>
    EndorsementKeyMissing,
}

/// <summary>A destination document cannot be used.</summary>
public sealed class DestinationException : Exception
{
    public DestinationException(DestinationFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public DestinationFault Fault { get; }
}

using System;

namespace TpmMigration.Approvals;

/// <summary>What is wrong with a destination.</summary>
public enum DestinationFault
{
    Malformed,
    Altered,

    /// <summary>The evidence in it contradicts itself.</summary>
    EvidenceContradicted,
}

/// <summary>A destination document cannot be used.</summary>
public sealed class DestinationException : Exception
{
    public DestinationException(DestinationFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public DestinationFault Fault { get; }
}

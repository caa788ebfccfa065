using System;

namespace TpmMigration.Approvals;

/// <summary>Why an approval does not help.</summary>
public enum ApprovalFault
{
    Malformed,

    /// <summary>There is no approval for the key.</summary>
    Missing,

    /// <summary>The approvals at hand are for other keys.</summary>
    ForAnotherKey,

    /// <summary>The TPM refused: what was approved is another destination.</summary>
    ForAnotherDestination,

    /// <summary>It is for a duplication with an inner wrap, and the export has none; or the other way round.</summary>
    ForAnotherForm,

    /// <summary>It was given on another machine.</summary>
    ForAnotherMachine,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>The TPM was restarted since, or the approval was altered.</summary>
    Stale,
}

/// <summary>An approval is missing or does not hold.</summary>
public sealed class ApprovalException : Exception
{
    public ApprovalException(ApprovalFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public ApprovalFault Fault { get; }
}

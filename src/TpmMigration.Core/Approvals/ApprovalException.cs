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

    /// <summary>Its time has not come.</summary>
    NotYetValid,

    /// <summary>The TPM was restarted since, or the approval was altered.</summary>
    Stale,

    /// <summary>It is not what was signed.</summary>
    Altered,

    /// <summary>Fewer Migration Selection Authorities approved than the key asks for.</summary>
    TooFew,

    /// <summary>A Migration Selection Authority of the key forbids it.</summary>
    Denied,

    /// <summary>It is good for one package, and one was made with it already.</summary>
    Used,
}

/// <summary>An approval is missing or does not hold.</summary>
public sealed class ApprovalException : Exception
{
    public ApprovalException(ApprovalFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public ApprovalFault Fault { get; }
}

using System;

namespace TpmMigration.Migration;

/// <summary>Why a sound package cannot be imported here.</summary>
public enum ImportFault
{
    /// <summary>It is wrapped to another machine's key.</summary>
    ForAnotherMachine,

    /// <summary>The TPM imported a key that then did not work.</summary>
    ProofFailed,

    /// <summary>A key has a password and none was given to prove it with.</summary>
    PasswordNeeded,

    /// <summary>A key's use is bound to PCRs, which have other values here.</summary>
    PcrMismatch,

    /// <summary>It is wrapped to the endorsement key, and the TPM does not have TPM2_Rewrap.</summary>
    RewrapUnsupported,

    /// <summary>It is wrapped to the endorsement key, and the endorsement hierarchy has a password.</summary>
    EndorsementPassword,
}

/// <summary>A package cannot be imported here. Nothing was written.</summary>
public sealed class ImportException : Exception
{
    public ImportException(ImportFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public ImportFault Fault { get; }
}

using System;

namespace TpmMigration.Attestation;

/// <summary>Why there is no certification to speak of.</summary>
public enum CertificationFault
{
    /// <summary>It is no certification document.</summary>
    Malformed,

    /// <summary>The key cannot be certified: its attributes do not let its user certify it, or it is the attestation key itself.</summary>
    NotCertifiable,

    /// <summary>The TPM does not accept the record of the key's creation.</summary>
    CreationRefused,
}

/// <summary>A certification cannot be made or read. What a certification that can be read is worth is no error, but a verdict.</summary>
public sealed class CertificationException : Exception
{
    public CertificationException(CertificationFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public CertificationFault Fault { get; }
}

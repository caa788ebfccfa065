using System;

namespace TpmMigration.Keys;

/// <summary>Why something cannot be done with the data of a key.</summary>
public enum KeyDataFault
{
    /// <summary>The key has no such data.</summary>
    NotFound,

    /// <summary>The key has data of that name already.</summary>
    Exists,

    /// <summary>It is larger, or more, than a key or a package can hold.</summary>
    TooLarge,

    /// <summary>None of the certificates is for the key.</summary>
    CertificateForAnotherKey,

    /// <summary>The content, or the name, is not what its type asks for.</summary>
    NotValid,

    /// <summary>The TPM does not give out the key under which the data is encrypted.</summary>
    NotReadable,

    /// <summary>What is stored is not what was stored.</summary>
    Damaged,
}

/// <summary>Data of a key cannot be stored, found or read. The message says why and what to do, and nothing of the content.</summary>
public sealed class KeyDataException : Exception
{
    public KeyDataException(KeyDataFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public KeyDataFault Fault { get; }
}

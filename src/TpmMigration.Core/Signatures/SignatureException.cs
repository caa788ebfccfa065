using System;

namespace TpmMigration.Signatures;

/// <summary>Why a document's signature is refused.</summary>
public enum SignatureFault
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There are several, or it stands where none belongs.</summary>
    Misplaced,

    /// <summary>It is not built as this format has it.</summary>
    Malformed,

    /// <summary>It covers something else than the whole document, or transforms it in another way than allowed.</summary>
    Scope,

    /// <summary>It uses an algorithm that is not allowed.</summary>
    Algorithm,

    /// <summary>The signer's key is missing, unreadable, too weak or of a type that is not allowed.</summary>
    Key,

    /// <summary>The document is not the one that was signed.</summary>
    Document,

    /// <summary>The value was not made by the key that it names.</summary>
    Value,
}

/// <summary>The signature of a document does not hold, or is not of the one allowed form.</summary>
public sealed class SignatureException : Exception
{
    public SignatureException(SignatureFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public SignatureFault Fault { get; }
}

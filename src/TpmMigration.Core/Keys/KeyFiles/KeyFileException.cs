using System;

namespace TpmMigration.Keys;

/// <summary>Why a key file was refused.</summary>
public enum KeyFileFault
{
    /// <summary>The file is larger than any TSS2 key file can reasonably be.</summary>
    TooLarge,

    /// <summary>The text is not ASCII-compatible: UTF-16, for instance.</summary>
    WrongEncoding,

    /// <summary>There is no PEM block, or it does not end.</summary>
    NoPemBlock,

    /// <summary>The PEM block is of another kind.</summary>
    WrongLabel,

    /// <summary>There is more than one PEM block, or text after the block.</summary>
    SeveralBlocks,

    /// <summary>What is between BEGIN and END is not base64.</summary>
    BadBase64,

    /// <summary>The bytes are not DER: wrong length, wrong tag, cut off, or more than the structure needs.</summary>
    BadStructure,

    /// <summary>The object identifier is not that of a TPM key.</summary>
    UnknownKind,

    /// <summary>An optional field is unknown, repeated, out of order, or not allowed for this kind of key.</summary>
    UnexpectedField,

    /// <summary>A field's value is out of range.</summary>
    BadValue,

    /// <summary>A TPM structure inside states another size than it has.</summary>
    SizeMismatch,
}

/// <summary>A TSS2 key file that cannot be used. The message says what is wrong, where, and what to do; it never quotes the private part.</summary>
public sealed class KeyFileException : Exception
{
    public KeyFileException(KeyFileFault fault, string message, Exception? innerException = null) : base(message, innerException) =>
        Fault = fault;

    public KeyFileFault Fault { get; }
}

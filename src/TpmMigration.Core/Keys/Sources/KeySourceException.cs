using System;

namespace TpmMigration.Keys;

/// <summary>Why a key could not be taken from a file.</summary>
public enum KeySourceFault
{
    /// <summary>There is no such file, or it may not be read.</summary>
    NotReadable,

    /// <summary>It is larger than any key file.</summary>
    TooLarge,

    /// <summary>It is none of the forms that are known, or damaged.</summary>
    Malformed,

    /// <summary>It is encrypted, and no password was given.</summary>
    PasswordNeeded,

    /// <summary>The password does not open it.</summary>
    WrongPassword,

    /// <summary>It holds no private key.</summary>
    NoPrivateKey,

    /// <summary>It holds more than one private key.</summary>
    SeveralKeys,

    /// <summary>The key is of a type or size that TPMs do not take, or the file is encrypted in a way that is not known here.</summary>
    Unsupported,

    /// <summary>What belongs together in it does not fit: the primes and the modulus, or the key and its certificate.</summary>
    Contradictory,
}

/// <summary>No key can be taken from a file. The message says why and what to do, and quotes nothing of the key.</summary>
public sealed class KeySourceException : Exception
{
    public KeySourceException(KeySourceFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public KeySourceFault Fault { get; }
}

using System;

namespace TpmMigration.Approvals;

/// <summary>Why a certificate cannot be signed with.</summary>
public enum SignerFault
{
    /// <summary>There is no such certificate, key, token or module.</summary>
    NotFound,

    /// <summary>What was named is no address of a certificate: a malformed pkcs11: URI, say.</summary>
    Address,

    /// <summary>The file is no PKCS #12 file, or a damaged one.</summary>
    Unreadable,

    /// <summary>The password or PIN is wrong or missing.</summary>
    Password,

    /// <summary>There is a certificate, but no private key to it.</summary>
    NoPrivateKey,

    /// <summary>There are several, and it is not said which.</summary>
    Several,

    /// <summary>The certificate is past its time.</summary>
    Expired,

    /// <summary>The certificate's time has not come.</summary>
    NotYetValid,

    /// <summary>The key is none of RSA from 2048 bits, ECC P-256, P-384; or the certificate is not for signatures.</summary>
    Unsuitable,

    /// <summary>What holds the key cannot decrypt with it, or cannot here.</summary>
    CannotDecrypt,

    /// <summary>What holds the key failed, or what it signed does not verify.</summary>
    Failed,
}

/// <summary>A certificate cannot be signed with. The message says why and what to do, and holds no secret.</summary>
public sealed class SignerException : Exception
{
    public SignerException(SignerFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public SignerFault Fault { get; }

    /// <param name="why">The beginning of a sentence.</param>
    /// <param name="cause">What happened.</param>
    internal static SignerException CannotDecrypt(string why, Exception? cause = null) =>
        new(SignerFault.CannotDecrypt, why + ", and nothing can be decrypted with it here. Use the certificate from where its key can decrypt: a PFX file, say.", cause);
}

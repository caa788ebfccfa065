using System;

namespace TpmMigration.Migration;

/// <summary>Why a receipt is not enough to remove a key, or cannot be given.</summary>
public enum ReceiptFault
{
    /// <summary>It is no receipt of this format.</summary>
    Malformed,

    /// <summary>It does not tell of this key.</summary>
    ForAnotherKey,

    /// <summary>It is for another package than the one the key was last exported in.</summary>
    ForAnotherPackage,

    /// <summary>The keys were received under another parent than the one they were exported to.</summary>
    ForAnotherDestination,

    /// <summary>It is for the keys of another machine.</summary>
    ForAnotherMachine,

    /// <summary>No export of the key is known here.</summary>
    NotExported,

    /// <summary>Neither the destination's attestation key nor the trust register vouches for its signer.</summary>
    NotTrusted,

    /// <summary>The proof in it does not prove that the key is where the receipt says.</summary>
    ProofContradicted,

    /// <summary>Keys live under the key that the receipt does not tell of.</summary>
    ChildrenLeft,

    /// <summary>A key of the package cannot be certified, so there can be no receipt.</summary>
    NotCertifiable,
}

/// <summary>A receipt cannot be used, and nothing was removed; or cannot be given, and nothing was imported.</summary>
public sealed class ReceiptException : Exception
{
    public ReceiptException(ReceiptFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public ReceiptFault Fault { get; }
}

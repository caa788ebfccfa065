using System;
using TpmMigration.Documents;

namespace TpmMigration.Packages;

/// <summary>Why something is no package that can be read.</summary>
public enum PackageFormatFault
{
    /// <summary>It is larger, deeper or fuller than the reader's limits allow.</summary>
    LimitExceeded,

    /// <summary>It is no well-formed XML in UTF-8, or is cut off.</summary>
    NotXml,

    /// <summary>It has a document type declaration.</summary>
    DocumentType,

    /// <summary>It is not of the schema.</summary>
    Malformed,

    /// <summary>It is of a version that this reader does not know.</summary>
    UnknownVersion,

    /// <summary>It has an extension that a reader must know, and this one does not.</summary>
    UnknownExtension,

    /// <summary>An id or name occurs twice.</summary>
    Duplicate,

    /// <summary>A key's parent is not among the keys before it.</summary>
    ParentMissing,
}

/// <summary>A package is malformed: cut off, too large, or not of this format.</summary>
public sealed class PackageFormatException : DocumentFormatException
{
    public PackageFormatException(PackageFormatFault fault, string message, int line = 0, Exception? innerException = null)
        : base(message, line, innerException) => Fault = fault;

    public PackageFormatFault Fault { get; }
}

/// <summary>What in a package does not belong together.</summary>
public enum PackageIntegrityFault
{
    /// <summary>A TPM name is not that of the public area it stands with.</summary>
    NameMismatch,

    /// <summary>The recorded policy is not the one in the public area.</summary>
    PolicyMismatch,

    /// <summary>A key cannot live under the parent that the package gives it.</summary>
    ParentMismatch,

    /// <summary>Data has another length than it says, or no data key comes with it.</summary>
    DataMismatch,

    /// <summary>Some of it has an inner wrap and some has not, or nobody could open it.</summary>
    InnerWrapMismatch,

    /// <summary>The TPM, or a key of the package, does not open what the package holds.</summary>
    Altered,
}

/// <summary>A package is well-formed, but was altered: what belongs together in it does not fit.</summary>
public sealed class PackageIntegrityException : Exception
{
    public PackageIntegrityException(PackageIntegrityFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public PackageIntegrityFault Fault { get; }
}

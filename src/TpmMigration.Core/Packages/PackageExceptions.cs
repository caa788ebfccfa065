using System;
using TpmMigration.Documents;

namespace TpmMigration.Packages;

/// <summary>A package is malformed: cut off, too large, or not of this format.</summary>
public sealed class PackageFormatException : DocumentFormatException
{
    public PackageFormatException(string message, int line = 0, Exception? innerException = null)
        : base(message, line, innerException) { }
}

/// <summary>A package is well-formed, but was altered: what belongs together in it does not fit.</summary>
public sealed class PackageIntegrityException : Exception
{
    public PackageIntegrityException(string message, Exception? innerException = null) : base(message, innerException) { }
}

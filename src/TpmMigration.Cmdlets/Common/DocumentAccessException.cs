using System;

namespace TpmMigration.Cmdlets;

/// <summary>Why a document cannot be read or written.</summary>
public enum DocumentFault
{
    NotFound,
    NotReadable,
    Exists,
    NotWritten,
}

/// <summary>A file that was named cannot be read or written.</summary>
public sealed class DocumentAccessException : Exception
{
    public DocumentAccessException(DocumentFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public DocumentFault Fault { get; }
}

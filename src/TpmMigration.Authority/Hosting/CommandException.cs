using System;

namespace TpmMigration.Authority.Hosting;

/// <summary>What was typed cannot be done.</summary>
public sealed class CommandException : Exception
{
    public CommandException(string message, Exception? innerException = null) : base(message, innerException) { }
}

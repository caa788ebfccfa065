using System;

namespace TpmMigration.Authority.Contract;

/// <summary>The service refuses a message. The text reaches the caller: it says what to do, and nothing of what the service holds of others.</summary>
public sealed class AuthorityException : Exception
{
    public AuthorityException(AuthorityFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public AuthorityFault Fault { get; }

    /// <summary>How long the caller is to wait; null where waiting does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

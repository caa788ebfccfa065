using System;

namespace TpmMigration.Authorities;

/// <summary>The service of a Migration Authority did not do what was asked, or its answer cannot be used.</summary>
public sealed class MaServiceException : Exception
{
    public MaServiceException(MaServiceFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    public MaServiceFault Fault { get; }

    /// <summary>Whether the same request may fare better after a while.</summary>
    public bool IsPassing => Fault is MaServiceFault.Unavailable or MaServiceFault.TooManyRequests or MaServiceFault.TimedOut or MaServiceFault.NotReachable;
}

using System.Collections.Generic;

namespace TpmMigration.Tpm;

/// <summary>A command of TPM 2.0 Part 3 as data: its handles and parameters, and how its response is read.</summary>
/// <typeparam name="TResponse">What the response holds.</typeparam>
public abstract class TpmCommand<TResponse>
{
    internal abstract TpmCc Code { get; }

    /// <summary>The handle area, in the specification's order; those that need authorization come first.</summary>
    internal virtual IReadOnlyList<TpmHandle> Handles => [];

    /// <summary>How many of the handles need authorization.</summary>
    internal virtual int AuthorizedHandles => 0;

    /// <summary>Whether the response begins with the handle of something the command loaded.</summary>
    internal virtual bool LoadsHandle => false;

    internal virtual void WriteParameters(TpmWriter writer) { }

    /// <param name="handle">The loaded handle where <see cref="LoadsHandle"/>; otherwise 0.</param>
    /// <param name="reader">The response parameters.</param>
    internal abstract TResponse ReadResponse(uint handle, TpmReader reader);
}

/// <summary>A command whose success is all its response says.</summary>
public abstract class TpmCommand : TpmCommand<NoResponse>
{
    internal sealed override NoResponse ReadResponse(uint handle, TpmReader reader) => NoResponse.Instance;
}

/// <summary>The response of a command that returns nothing.</summary>
/// <remarks>A class, since for classes the code of generic types is shared and compiled ahead.</remarks>
public sealed class NoResponse
{
    private NoResponse() { }

    internal static NoResponse Instance { get; } = new();
}

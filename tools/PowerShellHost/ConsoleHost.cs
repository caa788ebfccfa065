using System;
using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace PowerShellHost;

/// <summary>The host the engine talks to: who it is, its user interface, and the exit code a script asked for.</summary>
internal sealed class ConsoleHost(ConsoleUserInterface userInterface) : PSHost
{
    public int? RequestedExitCode { get; private set; }

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "PowerShellHost";

    public override PSHostUserInterface UI => userInterface;

    public override Version Version { get; } = Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    public override void SetShouldExit(int exitCode) => RequestedExitCode = exitCode;

    // Native programs share the console as it is; there is no state of ours to save or restore around them.
    public override void NotifyBeginApplication() { }

    public override void NotifyEndApplication() { }

    public override void EnterNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");
}

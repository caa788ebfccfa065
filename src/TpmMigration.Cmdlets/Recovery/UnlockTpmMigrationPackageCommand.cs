using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Cmdlets;

/// <summary>Releases, as a recovery agent, packages with an inner wrap to a destination, whose TPM alone opens the release.</summary>
[Cmdlet(VerbsCommon.Unlock, "TpmMigrationPackage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TpmRecoveryRelease))]
public sealed class UnlockTpmMigrationPackageCommand : RecoveryAgentCmdlet
{
    private DestinationInput? _destination;
    private IReadOnlyList<SelectionApproval> _decisions = [];

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object? Destination { get; set; }

    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = string.Empty;

    [Parameter]
    public object[] Approval { get; set; } = [];

    [Parameter]
    public string[]? TrustedRoot { get; set; }

    [Parameter]
    public SwitchParameter AcceptUnprovenDestination { get; set; }

    protected override void BeginProcessing()
    {
        try
        {
            if (string.IsNullOrWhiteSpace(Reason)) throw new ArgumentException("Give the reason for the release with -Reason.");
            _destination = DestinationInput.Read(this, Destination!, TrustedRoot, AcceptUnprovenDestination);
            _decisions = DecisionInput.Read(this, Approval);
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, Destination));
        }
    }

    private protected override void Process(MigrationPackage package)
    {
        AgentKey agent = AgentKey;
        agent.RequireCanRelease(package, _destination!.Destination, _decisions);
        string path = Path == null ? string.Empty : System.IO.Path.Combine(GetUnresolvedProviderPathFromPSPath(Path), $"{package.Id:D}.release.xml");
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        if (!ShouldProcess($"{package.Keys.Count} keys from '{package.Source.HostName}'", $"Release to '{_destination.Destination.HostName}'")) return;

        (RecoveryRelease release, string document) = agent.Release(package, _destination.Destination, Reason, _decisions);
        if (path.Length != 0)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            DocumentOutput.Write(path, document, Force);
        }
        WriteObject(TpmRecoveryRelease.From(release, _destination.Verdict, document, path));
    }
}

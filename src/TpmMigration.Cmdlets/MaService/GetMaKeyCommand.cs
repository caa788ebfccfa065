using System;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Authorities;

namespace TpmMigration.Cmdlets;

/// <summary>Gets the storage key of a Migration Authority, by its signed document: the destination of packages that are sent there.</summary>
[Cmdlet(VerbsCommon.Get, "MaKey", SupportsShouldProcess = true)]
[OutputType(typeof(MaKey))]
public sealed class GetMaKeyCommand : MaServiceCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    protected override void ProcessRecord() => Guard(Uri, () =>
    {
        string path = Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path);
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        TrustRegister register = TrustRegisterInput.Open(this, TrustRegister);
        MaKeyAnswer answer = Service.GetKey();
        TrustVerdict trust = register.Judge(answer.Key.Signature!.Signer, TrustRole.MigrationAuthority, DateTime.UtcNow, null);
        MaKey key = MaKey.From(answer, Service.Address, trust);
        if (!trust.IsTrusted)
            WriteWarning($"The Migration Authority is not trusted here. {trust.Reason} Its certificate has SHA-256 {key.SignerFingerprint}: compare it with what 'tpm-ma init' printed, then register it: Get-MaKey | Register-MigrationAuthority -Role MigrationAuthority.");
        if (path.Length != 0 && ShouldProcess(path, $"Write the key of '{key.Name}'"))
        {
            DocumentOutput.Write(path, answer.Document, Force);
            key.Path = path;
        }
        WriteObject(key);
    });
}

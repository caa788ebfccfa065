using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Authorities;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Proves this machine's TPM to a Migration Authority, and has the other commands of this session use that one.</summary>
[Cmdlet(VerbsCommunications.Connect, "MaService", SupportsShouldProcess = true)]
[OutputType(typeof(MaConnection))]
public sealed class ConnectMaServiceCommand : MaClientCmdlet
{
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CertificatePath { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string? Parent { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    private protected override string? ParentName => Parent;

    private protected override IReadOnlyList<byte[]> HigherCertificates => CertificateFiles.Read(this, CertificatePath).ToList();

    protected override void ProcessRecord() => Guard(Uri, () =>
    {
        string path = Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path);
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        IReadOnlyList<byte[]> certificates = HigherCertificates;
        MaServiceAddress address = Service.Address;
        if (!ShouldProcess(address.ToString(), "Prove this machine's TPM, and use this Migration Authority in the session")) return;
        Show("Connecting to a Migration Authority", address.ToString());
        MaToken token = Authenticate();
        MaSession.Current.Choose(address, Parent, certificates);
        if (path.Length != 0) DocumentOutput.Write(path, string.Concat(token.IdentityCertificates.Select(CertificateText.ToPem)), Force);
        WriteObject(MaConnection.From(token, address, path));
    });
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Authorities;
using TpmMigration.Packages;

namespace TpmMigration.Cmdlets;

/// <summary>Gets packages from a Migration Authority, wrapped anew for this machine.</summary>
[Cmdlet(VerbsCommon.Get, "MaPackage", SupportsShouldProcess = true)]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class GetMaPackageCommand : MaClientCmdlet
{
    private readonly HashSet<string> _written = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    public Guid[] PackageId { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public object? Client { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[] Approval { get; set; } = [];

    [Parameter]
    public SwitchParameter ToEndorsementKey { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string? Parent { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaximumSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaximumKeyCount { get; set; }

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override string? ParentName => Parent ?? base.ParentName;

    protected override void ProcessRecord()
    {
        foreach (Guid id in PackageId) Guard(id, () => Get(id));
    }

    private void Get(Guid id)
    {
        byte[]? client = Client == null ? null : MaServiceInput.Client(this, Client);
        string path = Path == null ? string.Empty : FileFor(id);
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force && !_written.Contains(path));
        TrustRegister register = TrustRegisterInput.Open(this, TrustRegister);
        PackageLimits limits = PackageInput.Limits(MaximumSize, MaximumKeyCount);
        var order = new MaOrder { PackageId = id, ToEndorsementKey = ToEndorsementKey, Approvals = MaApprovalInput.Read(this, Approval) };
        // An approval may be good for one time.
        if (!ShouldProcess($"Package {id:D}", $"Get from '{Service.Address}'{(path.Length == 0 ? string.Empty : $" and write to '{path}'")}")) return;
        Show("Getting packages", $"package {id:D}");
        (byte[] content, byte[] parent) = Ask(token => (
            Service.Download(token, order with { Client = client != null && client.SequenceEqual(token.Client) ? null : client }, limits.Document.MostBytes),
            ToEndorsementKey ? token.Client : token.StorageKey.Name));
        (MigrationPackage package, TrustVerdict trust) = MaDelivery.Accept(content, limits, id, parent, register);
        if (path.Length != 0)
        {
            DocumentOutput.Write(path, Force, stream => stream.Write(content, 0, content.Length));
            _written.Add(path);
        }
        WriteObject(TpmMigrationPackage.From(package, path.Length == 0 ? Encoding.UTF8.GetString(content) : string.Empty, path, trust));
    }

    /// <summary>The file that was named, or one of the package's own in the folder that was.</summary>
    private string FileFor(Guid id)
    {
        string path = GetUnresolvedProviderPathFromPSPath(Path!);
        return Directory.Exists(path) ? System.IO.Path.Combine(path, $"{id:D}.package.xml") : path;
    }
}

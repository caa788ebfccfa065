using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Cmdlets;

/// <summary>Imports a Migration Package or a single key of another program: checks it, lets the TPM take the keys in, proves that they work, and stores them all or none.</summary>
[Cmdlet(VerbsData.Import, "TpmMigrationPackage", SupportsShouldProcess = true)]
[OutputType(typeof(TpmKey))]
public sealed class ImportTpmMigrationPackageCommand : TpmCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNull]
    public object? Package { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    [Parameter]
    [ValidateNotNull]
    public object? NewName { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter SkipProof { get; set; }

    [Parameter]
    public SwitchParameter AcceptUnknownSigner { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaximumSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaximumKeyCount { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? RecoveryRelease { get; set; }

    [Parameter]
    public SecureString? RecoveryPassphrase { get; set; }

    [Parameter]
    public SwitchParameter Persist { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ReceiptPath { get; set; }

    [Parameter]
    public SecureString? KeyPassword { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword ?? KeyPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord() => Guard(Package, () =>
    {
        if (KeyFileInput.TryFrom(this, Package!, out DocumentInput? document) is { } keyFile) ImportKey(keyFile);
        else ImportPackage(PackageInput.Read(document!, PackageInput.Limits(MaximumSize, MaximumKeyCount)));
    });

    private void ImportPackage(MigrationPackage package)
    {
        if (Name != null) throw new ArgumentException("-Name names the key of a key file. The keys of a package have names; give them others with -NewName.");
        if (AcceptUnknownSigner && string.IsNullOrWhiteSpace(Reason))
            throw new ArgumentException("-AcceptUnknownSigner is recorded with the keys, and asks for the -Reason.");
        string? receiptPath = ReceiptPath == null ? null : GetUnresolvedProviderPathFromPSPath(ReceiptPath);
        if (receiptPath != null) DocumentOutput.RequireFree(receiptPath, Force);
        var progress = new LongWork(this, $"Importing keys from {package.Source.HostName}", package.Keys.Count);
        using RecoveryMeans recovery = RecoveryInput.Means(this, RecoveryRelease, RecoveryPassphrase);
        TrustRegister register = TrustRegisterInput.Open(this, TrustRegister);
        var request = new ImportRequest
        {
            Trust = PackageTrust.Judge(register, PlatformSigningKey.Find(KeyStore), package),
            Acceptance = AcceptUnknownSigner ? new SignerAcceptance(Account.Current, Reason!) : null,
            NewNames = NamesFor(package),
            Force = Force,
            SkipProof = SkipProof,
            Persist = Persist,
            WantsReceipt = receiptPath != null,
            Recovery = recovery,
            Progress = progress.At,
        };
        var importer = new PackageImporter(Loader, request, Passwords);
        if (importer.Obstacles(package) is { Count: > 0 } obstacles)
        {
            Tell(obstacles);
            return;
        }
        if (!request.Trust.IsTrusted) WriteWarning($"The signer of the package is not trusted here. {request.Trust.Reason} The keys are recorded as let in by {Account.Current}: {Reason}");
        if (SkipProof) WarnOfPcrs(importer, package);
        if (OnlyTells)
        {
            foreach (PackageKey key in package.Keys)
                ShouldProcess(request.NameFor(key), $"Import from '{package.Source.HostName}' into this machine's TPM and key store");
            if (receiptPath != null) ShouldProcess(receiptPath, "Write the receipt for the source");
            return;
        }
        if (!ShouldProcess($"{package.Keys.Count} keys from '{package.Source.HostName}'", "Import into this machine's TPM and key store")) return;
        IReadOnlyList<StoredKey> imported = importer.Import(package);
        progress.End();
        if (importer.Receipt is { } receipt) Guard(receiptPath, () => DocumentOutput.Write(receiptPath!, receipt, Force));
        foreach ((StoredKey key, PackageKey source) in imported.Zip(package.Keys, (key, source) => (key, source)))
        {
            TpmKey output = TpmKey.From(KeyInventory.Of(KeyStore, key));
            output.DifferingPcrs = importer.PcrDifferences(source).Select(pcr => pcr.Label).ToArray();
            WriteObject(output);
        }
    }

    private void WarnOfPcrs(PackageImporter importer, MigrationPackage package)
    {
        foreach (PackageKey key in package.Keys)
        {
            if (importer.PcrDifferences(key) is { Count: not 0 } differences)
                WriteWarning($"The key '{key.Name}' cannot be used here as long as PCRs differ, and is not proven to work: {string.Join("; ", differences)}.");
        }
    }

    /// <summary>Each obstacle is an error of its own, so that one run names all there is to do. Nothing is imported.</summary>
    private void Tell(IReadOnlyList<ImportObstacle> obstacles)
    {
        foreach (ImportObstacle obstacle in obstacles)
            Guard(obstacle.KeyName ?? Package, () => ExceptionDispatchInfo.Capture(obstacle.Cause).Throw());
    }

    private void ImportKey(KeyFileInput input)
    {
        if (NewName != null) throw new ArgumentException("-NewName renames the keys of a package. Give the key of a key file its name with -Name.");
        if (ReceiptPath != null) throw new ArgumentException("A receipt is for a package. The key of a key file came without one.");
        string name = Name ?? input.Name ?? throw new ArgumentException("The key has no name of its own. Give it one with -Name.");
        var importer = new ImportableKeyImporter(Loader, new ImportableKeyRequest { Name = name, Force = Force, SkipProof = SkipProof }, Passwords);
        importer.Check(input.File);
        if (ShouldProcess(name, "Import the key into this machine's TPM and key store"))
            WriteObject(TpmKey.From(KeyInventory.Of(KeyStore, importer.Import(input.File))));
    }

    private Dictionary<string, string> NamesFor(MigrationPackage package)
    {
        object? value = NewName is PSObject wrapped ? wrapped.BaseObject : NewName;
        Dictionary<string, string> names = new(KeyName.Comparer);
        switch (value)
        {
            case null:
                break;
            case IDictionary map:
                foreach (DictionaryEntry entry in map)
                    names[entry.Key.ToString()!] = entry.Value?.ToString() ?? string.Empty;
                break;
            case string name when package.Keys.Count == 1:
                names[package.Keys[0].Name] = name;
                break;
            default:
                throw new ArgumentException("The package holds several keys: give their names as a table, -NewName @{ old = 'new' }.");
        }
        return names;
    }
}

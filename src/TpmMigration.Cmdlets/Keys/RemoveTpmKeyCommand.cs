using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;

namespace TpmMigration.Cmdlets;

/// <summary>Removes keys from the store, or evicts persistent ones from the TPM; keys that moved, only by the receipt of their destination.</summary>
[Cmdlet(VerbsCommon.Remove, "TpmKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = RemoveSet)]
public sealed class RemoveTpmKeyCommand : TpmCmdlet
{
    private const string RemoveSet = "Remove";
    private const string MigratedSet = "Migrated";

    private readonly HashSet<string> _gone = new(KeyName.Comparer);
    private MigrationReceipt? _receipt;
    private ReceiptExaminer? _examiner;

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = RemoveSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = MigratedSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter(ParameterSetName = RemoveSet)]
    public SwitchParameter Force { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = MigratedSet)]
    public SwitchParameter Migrated { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = MigratedSet)]
    [ValidateNotNull]
    public object? Receipt { get; set; }

    [Parameter] // In both sets, since it is often set for all commands at once ($PSDefaultParameterValues).
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void BeginProcessing()
    {
        if (ParameterSetName == MigratedSet) Guard(Receipt, () => _receipt = ReceiptDocument.Read(DocumentInput.From(this, Receipt!).Text()));
    }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == RemoveSet)
        {
            foreach (string name in Name) Guard(name, () => Remove(name));
        }
        else if (_receipt is { } receipt) // Else the error has been told.
        {
            Guard(Receipt, () =>
            {
                if (!Migrated) throw new ArgumentException("A receipt is for keys that moved: give -Migrated with it.");
                _examiner ??= new ReceiptExaminer(KeyStore, receipt, signer => TrustRegisterInput.Open(this, TrustRegister).Judge(signer, TrustRole.PackageSigner, DateTime.UtcNow, null));
                foreach (string name in Name.Length != 0 ? Name : _examiner.KeysHere()) Guard(name, () => RemoveMigrated(name, receipt));
            });
        }
    }

    private void Remove(string name)
    {
        if (KeyRemover.IsHandle(name, out uint handle))
        {
            if (ShouldProcess(name, "Evict the persistent key from the TPM")) KeyRemover.Evict(Loader, handle, Passwords);
            return;
        }
        IReadOnlyList<string> names = KeyRemover.Plan(KeyStore, name, Force);
        if (ShouldProcess(WithChildren(name, names), "Delete the key; without a package it is lost for good"))
            KeyRemover.Remove(Loader, names, Passwords);
    }

    private void RemoveMigrated(string name, MigrationReceipt receipt)
    {
        if (_gone.Contains(name)) return; // It went with its parent.
        IReadOnlyList<MigratedKey> keys = _examiner!.Plan(name);
        string[] names = [.. keys.Select(key => key.Name)];
        bool remove = ShouldProcess(WithChildren(name, names), $"Delete the key, which '{receipt.HostName}' has received");
        if (remove) KeyRemover.RemoveMigrated(Loader, keys, Passwords);
        if (remove || OnlyTells) _gone.UnionWith(names);
    }

    private static string WithChildren(string name, IReadOnlyList<string> names) =>
        names.Count > 1 ? name + " with its children " + string.Join(", ", names.Take(names.Count - 1)) : name;
}

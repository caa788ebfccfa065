using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Removes keys from the store, or evicts persistent ones from the TPM.</summary>
[Cmdlet(VerbsCommon.Remove, "TpmKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveTpmKeyCommand : TpmCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord()
    {
        foreach (string name in Name) Guard(name, () => Remove(name));
    }

    private void Remove(string name)
    {
        if (KeyRemover.IsHandle(name, out uint handle))
        {
            if (ShouldProcess(name, "Evict the persistent key from the TPM")) KeyRemover.Evict(Loader, handle, Passwords);
            return;
        }
        IReadOnlyList<string> names = KeyRemover.Plan(KeyStore, name, Force);
        string others = names.Count > 1 ? " with its children " + string.Join(", ", names.Take(names.Count - 1)) : string.Empty;
        if (ShouldProcess(name + others, "Delete the key; without a package it is lost for good"))
            KeyRemover.Remove(Loader, names, Passwords);
    }
}

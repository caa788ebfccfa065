using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Removes data of keys. The keys stay.</summary>
[Cmdlet(VerbsCommon.Remove, "TpmKeyData", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveTpmKeyDataCommand : KeyDataCmdlet
{
    private const string Everything = "*";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DataNameCompleter))]
    public string[] DataName { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (string name in Name) Guard(name, () => Remove(Find(name)));
    }

    private void Remove(StoredKey key)
    {
        // All of it can be removed without reading it, which is the way out where it is damaged.
        if (DataName.Contains(Everything, StringComparer.Ordinal))
        {
            if (ShouldProcess(key.Record.Name, "Remove all its data")) KeyDataVault.RemoveAll(KeyStore, key);
            return;
        }
        IReadOnlyList<KeyDataInfo> chosen = Select(key, KeyDataVault.List(KeyStore, key), DataName);
        if (chosen.Count != 0 && ShouldProcess(key.Record.Name, "Remove the data " + string.Join(", ", chosen.Select(info => $"'{info.Name}'"))))
            KeyDataVault.Remove(KeyStore, key, chosen.Select(info => info.Name).ToList());
    }
}

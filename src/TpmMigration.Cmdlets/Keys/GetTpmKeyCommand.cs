using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Lists the keys of this machine and says of each what may become of it; or those that moved to other machines.</summary>
[Cmdlet(VerbsCommon.Get, "TpmKey", DefaultParameterSetName = InventorySet)]
[OutputType(typeof(TpmKey), ParameterSetName = [InventorySet, PathSet])]
[OutputType(typeof(TpmMigratedKey), ParameterSetName = [MigratedSet])]
public sealed class GetTpmKeyCommand : TpmCmdlet
{
    private const string InventorySet = "Inventory";
    private const string PathSet = "Path";
    private const string MigratedSet = "Migrated";

    private AuthorityNames? _names;

    [Parameter(Position = 0, ParameterSetName = InventorySet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = MigratedSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[]? Name { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    public string[]? Path { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = MigratedSet)]
    public SwitchParameter Migrated { get; set; }

    [Parameter(ParameterSetName = InventorySet)]
    [Parameter(ParameterSetName = PathSet)]
    public KeyKind[]? Kind { get; set; }

    [Parameter(ParameterSetName = InventorySet)]
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    protected override void BeginProcessing() => _names = AuthorityNames.WithRegister(this, TrustRegister);

    protected override void ProcessRecord()
    {
        if (ParameterSetName == PathSet) ListFiles();
        else if (ParameterSetName == MigratedSet) Guard(Name, ListMigrated);
        else Guard(Name is [{ } only] ? only : Name, ListInventory);
    }

    private void ListFiles()
    {
        foreach (string pattern in Path!)
        {
            Guard(pattern, () =>
            {
                IEnumerable<string> paths = WildcardPattern.ContainsWildcardCharacters(pattern)
                    ? GetResolvedProviderPathFromPSPath(pattern, out _)
                    : [GetUnresolvedProviderPathFromPSPath(pattern)];
                foreach (string path in paths)
                    Guard(path, () => Write(TpmKey.From(KeyInventory.OfFile(path), _names)));
            });
        }
    }

    private void ListMigrated()
    {
        if (!Migrated) throw new ArgumentException("-Migrated is given and set to false: leave it out to list the keys that are here.");
        foreach (MigratedKey key in KeyStore.MigratedKeys())
        {
            if (Name == null || Matches(key.Name)) WriteObject(TpmMigratedKey.From(key));
        }
    }

    private void ListInventory()
    {
        HashSet<string> missing = new(Name?.Where(n => !WildcardPattern.ContainsWildcardCharacters(n)) ?? [], KeyName.Comparer);
        List<InventoryItem> stored = [];
        foreach ((InventoryItem? item, KeyStoreException? problem) in KeyInventory.OfStore(KeyStore, Cancellation))
        {
            if (item != null) stored.Add(item);
            else if (Name == null || Matches(problem!.KeyName ?? string.Empty)) Guard(problem!.KeyName, () => throw problem);
            if (problem?.KeyName is { } damaged) missing.Remove(damaged);
        }
        ILookup<string, string> children = stored.Where(i => i.Stored!.Record.Parent.KeyName != null)
            .ToLookup(i => i.Stored!.Record.Parent.KeyName!, i => i.Name, KeyName.Comparer);
        foreach (InventoryItem item in KeyInventory.Join(stored, PersistentKeys.All(Device)))
        {
            if (Name != null && !Matches(item.Name)) continue;
            missing.Remove(item.Name);
            TpmKey key = TpmKey.From(item, _names);
            key.Children = children[item.Name].ToArray();
            Write(key);
        }
        foreach (string name in missing)
            Guard(name, () => throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}'."));
    }

    private bool Matches(string name) => Name!.Any(n => WildcardPattern.Get(n, WildcardOptions.IgnoreCase).IsMatch(name));

    private void Write(TpmKey key)
    {
        if (Kind == null || Array.IndexOf(Kind, key.Kind) >= 0) WriteObject(key);
    }
}

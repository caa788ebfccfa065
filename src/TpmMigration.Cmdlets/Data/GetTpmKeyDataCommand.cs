using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Lists the data of keys, gives out its content, or writes it to files.</summary>
[Cmdlet(VerbsCommon.Get, "TpmKeyData", DefaultParameterSetName = ListSet)]
[OutputType(typeof(TpmKeyData), ParameterSetName = [ListSet])]
[OutputType(typeof(byte[]), typeof(SecureString), ParameterSetName = [ContentSet])]
[OutputType(typeof(FileInfo), ParameterSetName = [FileSet])]
[OutputType(typeof(TpmServerFiles), ParameterSetName = [ServerSet])]
public sealed class GetTpmKeyDataCommand : KeyDataCmdlet
{
    private const string ListSet = "List";
    private const string ContentSet = "Content";
    private const string FileSet = "File";
    private const string ServerSet = "Server";

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[]? Name { get; set; }

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DataNameCompleter))]
    public string[] DataName { get; set; } = ["*"];

    [Parameter(Mandatory = true, ParameterSetName = ContentSet)]
    public SwitchParameter Content { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string OutPath { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ParameterSetName = ServerSet)]
    [ValidateNotNullOrEmpty]
    public string AsServerFiles { get; set; } = string.Empty;

    [Parameter(ParameterSetName = FileSet)]
    [Parameter(ParameterSetName = ServerSet)]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord()
    {
        if (Name == null)
        {
            Guard(null, () => Enumerate(_ => true));
            return;
        }
        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
                Guard(name, () => Enumerate(WildcardPattern.Get(name, WildcardOptions.IgnoreCase).IsMatch));
            else
                Guard(name, () => Give(Find(name)));
        }
    }

    private void Enumerate(Func<string, bool> matches)
    {
        foreach (KeyStoreEntry entry in KeyStore.Enumerate(Cancellation).Where(entry => matches(entry.Name)))
        {
            // Keys without data are passed over where no key was named.
            Guard(entry.Name, () =>
            {
                if (KeyDataVault.List(KeyStore, entry.Require()).Count != 0) Give(entry.Require());
            });
        }
    }

    private void Give(StoredKey key)
    {
        IReadOnlyList<KeyDataInfo> chosen = Select(key, KeyDataVault.List(KeyStore, key), DataName);
        switch (ParameterSetName)
        {
            case ContentSet:
                foreach (KeyDataInfo info in chosen) GiveContent(key, info);
                break;
            case FileSet:
                WriteFile(key, chosen);
                break;
            case ServerSet:
                WriteServerFiles(key, chosen);
                break;
            default:
                foreach (KeyDataInfo info in chosen) WriteObject(TpmKeyData.From(key.Record.Name, info));
                break;
        }
    }

    private void GiveContent(StoredKey key, KeyDataInfo info)
    {
        using KeyData data = Vault.Get(key, info.Name);
        if (info.Type == KeyDataType.KeyPassword) WriteObject(SecureText.FromUtf8(data.Content));
        else WriteObject(data.Content.Clone(), enumerateCollection: false);
    }

    private void WriteFile(StoredKey key, IReadOnlyList<KeyDataInfo> chosen)
    {
        if (chosen.Count != 1)
            throw new KeyDataException(KeyDataFault.NotFound, $"One file takes one piece of data; the key '{key.Record.Name}' has {chosen.Count} that were meant. Name it with -DataName; Get-TpmKeyData lists what the key has.");
        string path = GetUnresolvedProviderPathFromPSPath(OutPath);
        DocumentOutput.RequireFree(path, Force);
        using KeyData data = Vault.Get(key, chosen[0].Name);
        OwnerOnlyFile.Write(path, data.Content);
        WriteObject(new FileInfo(path));
    }

    private void WriteServerFiles(StoredKey key, IReadOnlyList<KeyDataInfo> chosen)
    {
        KeyDataInfo[] certificates = chosen.Where(info => info.Type == KeyDataType.CertificateChain).ToArray();
        if (certificates.Length != 1)
            throw new KeyDataException(KeyDataFault.NotFound, $"The key '{key.Record.Name}' has {certificates.Length} certificates that were meant, and a server takes one. {(certificates.Length == 0 ? "Add it with Add-TpmKeyData -Type CertificateChain." : "Name it with -DataName.")}");
        string folder = GetUnresolvedProviderPathFromPSPath(AsServerFiles);
        var files = new TpmServerFiles
        {
            Name = key.Record.Name,
            CertificatePath = Path.Combine(folder, key.Record.Name + ".crt"),
            KeyPath = Path.Combine(folder, key.Record.Name + ".key"),
        };
        DocumentOutput.RequireFree(files.CertificatePath, Force);
        DocumentOutput.RequireFree(files.KeyPath, Force);
        if (key.KeyFile.Parent == StoredKeys.NoParentForOthers)
            WriteWarning($"Other programs cannot load the key '{key.Record.Name}': its parent '{key.Record.Parent.KeyName}' is not persistent in the TPM. Import or make the parent with -Persist.");
        using KeyData data = Vault.Get(key, certificates[0].Name);
        Directory.CreateDirectory(folder);
        OwnerOnlyFile.Write(files.KeyPath, key.KeyFile.ToPem());
        OwnerOnlyFile.Write(files.CertificatePath, data.Content);
        WriteObject(files);
    }
}

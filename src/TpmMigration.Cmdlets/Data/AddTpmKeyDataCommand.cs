using System;
using System.IO;
using System.Management.Automation;
using System.Security;
using System.Text;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Stores a password, certificates, a file or other data with a key.</summary>
[Cmdlet(VerbsCommon.Add, "TpmKeyData", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(TpmKeyData))]
public sealed class AddTpmKeyDataCommand : KeyDataCmdlet
{
    private const string PathSet = "Path";
    private const string ValueSet = "Value";
    private const string SecureSet = "SecureValue";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateSet(KeyDataType.KeyPassword, KeyDataType.CertificateChain, KeyDataType.KeyContainer, KeyDataType.KeyFile, KeyDataType.Data)]
    public string Type { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ParameterSetName = ValueSet)]
    [ValidateNotNull]
    public object? Value { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = SecureSet)]
    [ValidateNotNull]
    public SecureString? SecureValue { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DataNameCompleter))]
    public string? DataName { get; set; }

    [Parameter]
    public string? MediaType { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord()
    {
        foreach (string name in Name) Guard(name, () => Add(name));
    }

    private void Add(string name)
    {
        StoredKey key = Find(name);
        if (Type == KeyDataType.KeyPassword && ParameterSetName != SecureSet)
            throw new ArgumentException("A password is given with -SecureValue, so that it stays out of files, history and transcripts.");
        string? dataName = DataName ?? KeyDataType.DefaultName(Type) ?? (ParameterSetName == PathSet ? System.IO.Path.GetFileName(Path) : null);
        using KeyData data = KeyDataContent.Make(key, Type, dataName ?? throw new ArgumentException("Data that comes from no file needs a name: give it with -DataName."), MediaType, Content());
        KeyDataInfo? present = null;
        foreach (KeyDataInfo info in KeyDataVault.List(KeyStore, key))
        {
            if (KeyName.Comparer.Equals(info.Name, data.Info.Name)) present = info;
        }
        if (present != null && !Force)
            throw new KeyDataException(KeyDataFault.Exists, $"The key '{key.Record.Name}' has data named '{present.Name}' already. Choose another name with -DataName, or replace it with -Force.");
        if (!ShouldProcess(key.Record.Name, $"{(present == null ? "Add" : "Replace")} the data '{data.Info.Name}' ({Type}, {data.Info.Length} bytes)")) return;
        Vault.Put(key, data, Force);
        WriteObject(TpmKeyData.From(key.Record.Name, data.Info));
    }

    /// <summary>The bytes that were given, in an array of their own.</summary>
    private byte[] Content()
    {
        switch (ParameterSetName)
        {
            case SecureSet:
                return SecureText.ToUtf8(SecureValue);
            case ValueSet:
                return (Value is PSObject wrapped ? wrapped.BaseObject : Value) switch
                {
                    string text => new UTF8Encoding(false).GetBytes(text),
                    byte[] bytes => (byte[])bytes.Clone(),
                    _ => throw new ArgumentException("The value is a text or an array of bytes (byte[])."),
                };
            default:
                return ReadFile(GetUnresolvedProviderPathFromPSPath(Path));
        }
    }

    private static byte[] ReadFile(string path)
    {
        if (!File.Exists(path)) throw new DocumentAccessException(DocumentFault.NotFound, $"There is no file '{path}'.");
        long length = new FileInfo(path).Length;
        if (length > KeyDataInfo.MostBytes)
            throw new KeyDataException(KeyDataFault.TooLarge, $"The file '{path}' has {length} bytes; at most {KeyDataInfo.MostBytes / (1024 * 1024)} MiB can be kept with a key.");
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentAccessException(DocumentFault.NotReadable, $"The file '{path}' cannot be read: {e.Message}", e);
        }
    }
}

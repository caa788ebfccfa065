using System;
using System.Management.Automation;
using System.Security;
using TpmMigration.Keys;
using TpmMigration.Migration;

namespace TpmMigration.Cmdlets;

/// <summary>Makes a key that can be migrated, or brings one from a file into the TPM, and stores it.</summary>
[Cmdlet(VerbsCommon.New, "TpmMigratableKey", SupportsShouldProcess = true, DefaultParameterSetName = CreateSet)]
[OutputType(typeof(TpmKey))]
public sealed class NewTpmMigratableKeyCommand : TpmCmdlet
{
    private const string CreateSet = "Create";
    private const string FileSet = "FromFile";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = string.Empty;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet(nameof(KeyRole.Sign), nameof(KeyRole.Decrypt), nameof(KeyRole.Storage))]
    public string Role { get; set; } = nameof(KeyRole.Sign);

    [Parameter(ParameterSetName = CreateSet, ValueFromPipelineByPropertyName = true)]
    public KeyAlgorithm Algorithm { get; set; } = KeyAlgorithm.EccP256;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string? Parent { get; set; }

    [Parameter(ParameterSetName = CreateSet)]
    public SwitchParameter MovesWithParent { get; set; }

    [Parameter]
    public SwitchParameter EncryptedDuplication { get; set; }

    [Parameter(ParameterSetName = CreateSet)]
    public SwitchParameter Persist { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Description { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = FileSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? FromFile { get; set; }

    [Parameter(ParameterSetName = FileSet)]
    public SecureString? FilePassword { get; set; }

    [Parameter]
    public SecureString? KeyPassword { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    private KeyRole RoleValue => (KeyRole)Enum.Parse(typeof(KeyRole), Role, ignoreCase: true);

    private string? ParentName => string.IsNullOrEmpty(Parent) ? null : Parent;

    private bool? WantsEncryptedDuplication => MyInvocation.BoundParameters.ContainsKey(nameof(EncryptedDuplication)) ? EncryptedDuplication.ToBool() : null;

    protected override void ProcessRecord() => Guard(Name, () =>
    {
        KeyCreator.RequireFree(KeyStore, Name);
        if (FromFile != null) BringFromFile(GetUnresolvedProviderPathFromPSPath(FromFile));
        else Make();
    });

    private void Make()
    {
        var request = new NewKey
        {
            Name = Name,
            Role = RoleValue,
            Algorithm = Algorithm,
            Parent = ParentName,
            MovesWithParent = MovesWithParent,
            EncryptedDuplication = WantsEncryptedDuplication,
            Persist = Persist,
            Description = Description,
        };
        if (ShouldProcess(Name, $"Make a migratable {Role.ToLowerInvariant()} key ({Algorithm})"))
            WriteObject(TpmKey.From(KeyInventory.Of(KeyStore, KeyCreator.Create(Loader, request, Passwords))));
    }

    private void BringFromFile(string path)
    {
        byte[] password = SecureText.ToUtf8(FilePassword);
        try
        {
            using KeySource source = KeySource.Load(path, password);
            var request = new KeySourceRequest { Name = Name, Role = RoleValue, Parent = ParentName, EncryptedDuplication = WantsEncryptedDuplication, Description = Description };
            if (ShouldProcess(Name, $"Bring the key of '{path}' into the TPM as a migratable {Role.ToLowerInvariant()} key"))
                WriteObject(TpmKey.From(KeyInventory.Of(KeyStore, KeySourceImporter.Import(Loader, source, request, Passwords).Key)));
        }
        finally
        {
            Array.Clear(password, 0, password.Length);
        }
    }
}

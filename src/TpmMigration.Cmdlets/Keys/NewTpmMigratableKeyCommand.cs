using System.Management.Automation;
using System.Security;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Makes a key that can be migrated, and stores it.</summary>
[Cmdlet(VerbsCommon.New, "TpmMigratableKey", SupportsShouldProcess = true)]
[OutputType(typeof(TpmKey))]
public sealed class NewTpmMigratableKeyCommand : TpmCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = string.Empty;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet(nameof(KeyRole.Sign), nameof(KeyRole.Decrypt), nameof(KeyRole.Storage))]
    public string Role { get; set; } = nameof(KeyRole.Sign);

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public KeyAlgorithm Algorithm { get; set; } = KeyAlgorithm.EccP256;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string? Parent { get; set; }

    [Parameter]
    public SwitchParameter MovesWithParent { get; set; }

    [Parameter]
    public SwitchParameter EncryptedDuplication { get; set; }

    [Parameter]
    public SwitchParameter Persist { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Description { get; set; }

    [Parameter]
    public SecureString? KeyPassword { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord() => Guard(Name, () =>
    {
        var request = new NewKey
        {
            Name = Name,
            Role = (KeyRole)System.Enum.Parse(typeof(KeyRole), Role, ignoreCase: true),
            Algorithm = Algorithm,
            Parent = string.IsNullOrEmpty(Parent) ? null : Parent,
            MovesWithParent = MovesWithParent,
            EncryptedDuplication = MyInvocation.BoundParameters.ContainsKey(nameof(EncryptedDuplication)) ? EncryptedDuplication.ToBool() : null,
            Persist = Persist,
            Description = Description,
        };
        KeyCreator.RequireFree(KeyStore, request.Name);
        if (ShouldProcess(Name, $"Make a migratable {Role.ToLowerInvariant()} key ({Algorithm})"))
            WriteObject(TpmKey.From(KeyInventory.Of(KeyStore, KeyCreator.Create(Loader, request, Passwords))));
    });
}

using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Security;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Tpm;

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
    [ValidateSet(nameof(KeyKind.Migratable), nameof(KeyKind.CertifiableMigratable))]
    public string? Kind { get; set; }

    [Parameter(ParameterSetName = CreateSet)]
    [ValidateCount(1, SelectionPolicy.MostAuthorities)]
    [ArgumentCompleter(typeof(MigrationAuthorityNameCompleter))]
    public object[] MigrationSelectionAuthority { get; set; } = [];

    [Parameter(ParameterSetName = CreateSet)]
    [ValidateRange(1, SelectionPolicy.MostAuthorities)]
    public int Quorum { get; set; } = 1;

    [Parameter(ParameterSetName = CreateSet)]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter(ParameterSetName = CreateSet)]
    [ValidateNotNullOrEmpty]
    public string? PcrPolicy { get; set; }

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
        RequireKindAgrees();
        IReadOnlyList<SelectionAuthority> authorities = SelectionAuthorityInput.Read(this, MigrationSelectionAuthority, TrustRegister);
        var request = new NewKey
        {
            Name = Name,
            Role = RoleValue,
            Algorithm = Algorithm,
            Parent = ParentName,
            SelectionAuthorities = authorities,
            Quorum = Quorum,
            UsePcrs = PcrPolicy == null ? [] : TpmsPcrSelection.Parse(PcrPolicy),
            MovesWithParent = MovesWithParent,
            EncryptedDuplication = WantsEncryptedDuplication,
            Persist = Persist,
            Description = Description,
        };
        KeyCreator.Check(request);
        if (ShouldProcess(Name, $"Make a {(authorities.Count == 0 ? "migratable" : "certifiable migratable")} {Role.ToLowerInvariant()} key ({Algorithm}){(PcrPolicy == null ? string.Empty : $" for use with the present values of the PCRs {PcrPolicy}")}"))
            WriteObject(TpmKey.From(KeyInventory.Of(KeyStore, KeyCreator.Create(Loader, request, Passwords))));
    }

    /// <exception cref="ArgumentException">What is said of the kind contradicts what is said of authorities.</exception>
    private void RequireKindAgrees()
    {
        bool named = MigrationSelectionAuthority.Length != 0;
        if (Kind == nameof(KeyKind.CertifiableMigratable) && !named)
            throw new ArgumentException("A certifiable migratable key needs authorities that approve its destinations. Name them with -MigrationSelectionAuthority.");
        if (Kind == nameof(KeyKind.Migratable) && named)
            throw new ArgumentException("The TPM Owner approves the destinations of a migratable key. A key whose destinations a Migration Selection Authority approves is made with -Kind CertifiableMigratable.");
        if (Quorum > 1 && !named)
            throw new ArgumentException("-Quorum says how many Migration Selection Authorities must approve. Name them with -MigrationSelectionAuthority.");
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

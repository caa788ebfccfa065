using System;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>Registers a signer whose packages or approvals this machine is to honour.</summary>
[Cmdlet(VerbsLifecycle.Register, "MigrationAuthority", SupportsShouldProcess = true, DefaultParameterSetName = SignerSet)]
[OutputType(typeof(MigrationAuthority))]
public sealed class RegisterMigrationAuthorityCommand : TrustRegisterCmdlet
{
    private const string CertificateSet = "Certificate";
    private const string SignerSet = "Signer";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = string.Empty;

    [Parameter(Mandatory = true, Position = 1, ParameterSetName = CertificateSet)]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    [Parameter(ParameterSetName = SignerSet, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? SignerCertificate { get; set; }

    [Parameter(ParameterSetName = SignerSet, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? SignerKey { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public TrustRole[] Role { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("IncludesIssued")]
    public SwitchParameter IncludeIssued { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Reason { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord() => Guard(Name, () =>
    {
        var entry = new TrustEntry
        {
            Name = Name,
            Roles = Role.Aggregate(TrustRole.None, (all, one) => all | one),
            Signer = Signer(),
            IncludesIssued = IncludeIssued,
            Registered = StoredKeys.Now(),
            RegisteredBy = Account.Current,
            Reason = string.IsNullOrWhiteSpace(Reason) ? null : Reason,
        };
        TrustRegister register = OpenRegister();
        register.CheckAdd(entry, Force);
        string what = $"Trust '{entry.Signer.Description}' as {entry.Roles}{(IncludeIssued ? ", with all to whom it issued certificates" : string.Empty)}";
        if (!ShouldProcess(Name, what)) return;
        register.Add(entry, Force, Cancellation);
        WriteObject(MigrationAuthority.From(entry));
    });

    private SignerIdentity Signer()
    {
        if (ParameterSetName == CertificateSet) return new CertificateIdentity([CertificateInput.Read(this, Certificate!)]);
        if (!string.IsNullOrEmpty(SignerCertificate)) return new CertificateIdentity([FromBase64(SignerCertificate!, nameof(SignerCertificate))]);
        if (string.IsNullOrEmpty(SignerKey))
            throw new ArgumentException("There is no signer. Name a certificate with -Certificate, or pipe in a package that is signed.");
        try
        {
            return new PlatformIdentity(TpmtPublic.Unmarshal(FromBase64(SignerKey!, nameof(SignerKey))), null);
        }
        catch (TpmWireException e)
        {
            throw new ArgumentException("-SignerKey is no public area of a TPM key. " + e.Message, e);
        }
    }

    private static byte[] FromBase64(string text, string parameter)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"-{parameter} is not in base64.", e);
        }
    }
}

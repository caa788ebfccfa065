using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Attestation;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Has the attestation key certify a key, or says of such a certification what it is worth. The latter needs no TPM.</summary>
[Cmdlet(VerbsLifecycle.Confirm, "TpmKey", SupportsShouldProcess = true, DefaultParameterSetName = CheckSet)]
[OutputType(typeof(TpmKeyCertification), ParameterSetName = [CertifySet])]
[OutputType(typeof(TpmKeyConfirmation), ParameterSetName = [CheckSet])]
public sealed class ConfirmTpmKeyCommand : TpmCmdlet
{
    private const string CertifySet = "Certify";
    private const string CheckSet = "Check";

    private KeyCertifier? _certifier;
    private CertificationQuestions? _questions;
    private byte[] _nonce = [];

    // From the pipe a key is a key, and all else is a document: a file has a name as well.
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = CertifySet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string Name { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ParameterSetName = CheckSet, ValueFromPipeline = true)]
    [KeysAside]
    [ValidateNotNull]
    public object[]? Certification { get; set; }

    [Parameter]
    [ValidateNotNull]
    public object? Nonce { get; set; }

    [Parameter(ParameterSetName = CheckSet)]
    [ValidateNotNullOrEmpty]
    public object[]? MigrationSelectionAuthority { get; set; }

    [Parameter(ParameterSetName = CheckSet)]
    [ValidateRange(1, SelectionPolicy.MostAuthorities)]
    public int Quorum { get; set; } = 1;

    [Parameter(ParameterSetName = CheckSet)]
    [ValidateNotNullOrEmpty]
    public object[]? AttestationKey { get; set; }

    [Parameter(ParameterSetName = CheckSet)]
    [ValidateNotNullOrEmpty]
    public string[]? TrustedRoot { get; set; }

    [Parameter(ParameterSetName = CheckSet)]
    public SwitchParameter MadeInTpm { get; set; }

    [Parameter(ParameterSetName = CertifySet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter(ParameterSetName = CertifySet)]
    public SwitchParameter Force { get; set; }

    [Parameter(ParameterSetName = CertifySet)]
    public SecureString? KeyPassword { get; set; }

    [Parameter(ParameterSetName = CertifySet)]
    public SecureString? ParentPassword { get; set; }

    [Parameter(ParameterSetName = CertifySet)]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void BeginProcessing()
    {
        try
        {
            if (Nonce != null) _nonce = HexInput.Read(Nonce, nameof(Nonce));
            if (_nonce.Length > KeyCertifier.MostNonceBytes || (Nonce != null && _nonce.Length == 0))
                throw new ArgumentException($"A nonce has 1 to {KeyCertifier.MostNonceBytes} bytes.");
            if (MyInvocation.BoundParameters.ContainsKey(nameof(Quorum)) && MigrationSelectionAuthority == null)
                throw new ArgumentException("-Quorum says how many of the authorities must approve: name them with -MigrationSelectionAuthority.");
            _questions = Questions();
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, null));
        }
    }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == CertifySet)
        {
            Guard(Name, Certify);
            return;
        }
        foreach (object input in Certification!)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input]))
                    WriteObject(TpmKeyConfirmation.From(CertificationExaminer.Examine(CertificationDocument.Read(document.Text()), _questions!), document.Path ?? string.Empty));
            });
        }
    }

    protected override void EndProcessing()
    {
        Guard(Tpm, () => _certifier?.Dispose());
        base.EndProcessing();
    }

    private CertificationQuestions Questions()
    {
        var questions = new CertificationQuestions
        {
            SelectionAuthorities = MigrationSelectionAuthority == null ? null : HexInput.Items(MigrationSelectionAuthority).SelectMany(Authorities).ToList(),
            Quorum = Quorum,
            Nonce = Nonce == null ? null : _nonce,
            AttestationKeys = AttestationKey == null ? null : HexInput.Items(AttestationKey).Select(key => AttestationKeyInput.Read(this, key)).ToList(),
            TrustedRoots = TrustedRoot == null ? null : CertificateFiles.Read(this, TrustedRoot).ToList(),
            MadeThere = MadeInTpm,
        };
        // Too many, or one twice: that is wrong in the question and no verdict.
        if (questions.SelectionAuthorities is { } authorities) _ = new SelectionPolicy(authorities.Select(a => a.TpmName), Quorum);
        return questions;
    }

    /// <summary>A path may lead to a file or folder of several.</summary>
    private IEnumerable<SelectionAuthority> Authorities(object input) =>
        (input is PSObject wrapped ? wrapped.BaseObject : input) is string path
            ? CertificateFiles.Read(this, [path]).Select(SelectionAuthority.FromCertificate)
            : [SelectionAuthority.FromCertificate(CertificateInput.Read(this, input))];

    private void Certify()
    {
        string path = Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path);
        if (path.Length != 0 && Directory.Exists(path)) path = System.IO.Path.Combine(path, Name + ".certification.xml");
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        bool isMade = Keys.AttestationKey.Exists(KeyStore);
        if (!ShouldProcess(Name, isMade ? "Certify the key by the attestation key" : "Make this platform's attestation key, and certify the key by it")) return;
        _certifier ??= new KeyCertifier(Loader, Passwords);
        CertifiedKey key = _certifier.Certify(Name, _nonce);
        string document = CertificationDocument.Write(key);
        if (path.Length != 0) DocumentOutput.Write(path, document, Force);
        WriteObject(TpmKeyCertification.From(key, document, path));
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>Says of approvals and denials, check by check, what they are worth. It needs no TPM.</summary>
[Cmdlet(VerbsDiagnostic.Test, "TpmMigrationApproval")]
[OutputType(typeof(TpmMigrationApprovalTest))]
public sealed class TestTpmMigrationApprovalCommand : TpmMigrationCmdlet
{
    private MigrationDestination? _destination;
    private TrustRegister? _register;
    private QuestionedKey? _key;
    private bool _approvalsArePiped;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public object[] Approval { get; set; } = [];

    [Parameter]
    [ValidateNotNull]
    public object? Destination { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string? Name { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? TpmName { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public KeyKind? Kind { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("SelectionAuthorityKeys")]
    public string[]? SelectionAuthorityKey { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Store { get; set; }

    protected override void BeginProcessing()
    {
        try
        {
            _register = TrustRegisterInput.Open(this, TrustRegister);
            if (Destination != null) _destination = DestinationDocument.Read(DocumentInput.From(this, Destination).Text());
            // Approvals too have the TPM name of a key, and files a name: from the pipe they are not those of the key that is asked for.
            _approvalsArePiped = !MyInvocation.BoundParameters.ContainsKey(nameof(Approval));
            if (_approvalsArePiped) _key = Key();
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, Name ?? Destination ?? TrustRegister));
        }
    }

    protected override void ProcessRecord()
    {
        if (_approvalsArePiped) Verify(_key);
        else Guard(Name ?? TpmName, () => Verify(Key()));
    }

    private void Verify(QuestionedKey? key)
    {
        var verifier = new ApprovalVerifier(new ApprovalQuestions { Key = key, Destination = _destination, Register = _register!, Utc = StoredKeys.Now() });
        foreach (object input in Approval)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input]))
                    Guard(document.Path ?? input, () => WriteObject(TpmMigrationApprovalTest.From(verifier.Verify(document.Text()), document.Path ?? string.Empty)));
            });
        }
    }

    /// <summary>The key that is asked for; null if none is.</summary>
    private QuestionedKey? Key() => !string.IsNullOrEmpty(TpmName) ? AsShown(TpmName!) : string.IsNullOrEmpty(Name) ? null : FromStore(Name!);

    private QuestionedKey FromStore(string name) => QuestionedKey.Of(
        KeyStore.Open(Store == null ? null : GetUnresolvedProviderPathFromPSPath(Store)).Find(name)?.Require()
        ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them."));

    /// <summary>A key as its machine showed it. An empty list says that its policy names nobody; none at all, that it is not known.</summary>
    private QuestionedKey AsShown(string tpmName)
    {
        SelectedKey key = DecisionOutput.Selected(string.IsNullOrEmpty(Name) ? tpmName : Name!, tpmName);
        IReadOnlyList<byte[]>? authorities = SelectionAuthorityKey?.Select(name => Hex.TryParse(name) ?? throw new ArgumentException($"'{name}' is not the TPM name of an authority's key. Pipe in the key as Get-TpmKey gives it.")).ToList();
        return new QuestionedKey(key.KeyName, key.TpmName, Kind, authorities);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration.Verification;

/// <summary>What an approval is worth is said without a TPM, check by check.</summary>
public sealed class ApprovalVerifierTests : IDisposable
{
    private static readonly DateTime s_now = StoredKeys.Now();

    private readonly Machine _machine = new();
    private readonly TemporaryFolder _folder = new("tpm-migration-register-");
    private readonly SoftwareSigner _signer = SoftwareSigner.Ecdsa();
    private readonly MigrationDestination _destination;
    private readonly StoredKey _key;
    private readonly TrustRegister _register;

    public ApprovalVerifierTests()
    {
        _destination = _machine.Destination();
        _key = _machine.Run(loader => KeyCreator.Create(loader, new NewKey { Name = "k", Role = KeyRole.Sign, Algorithm = KeyAlgorithm.EccP256, SelectionAuthorities = [SelectionAuthority.Of((CertificateIdentity)_signer.Identity)] }, new KeyPasswords()));
        _register = TrustRegister.Open(_folder["trust.xml"]);
    }

    public void Dispose()
    {
        _machine.Dispose();
        _folder.Dispose();
        _signer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_good_approval_passes_every_check(bool allKeys)
    {
        ApprovalReport report = Verify(Signed(Decide(allKeys)));
        Assert.True(report.IsSound);
        Assert.Equal(["Form Passed", "Signature Passed", "Time Passed", "Authority NotChecked", "Key Passed", "Destination Passed", "TpmSignatures Passed"], Verdicts(report));
        _register.Add(new TrustEntry { Name = "Board", Roles = TrustRole.MigrationSelectionAuthority, Signer = _signer.Identity, Registered = s_now, RegisteredBy = "x" }, replace: false, TestContext.Current.CancellationToken);
        Assert.Contains("'Board'", Of(Verify(Signed(Decide(allKeys))), ApprovalCheck.Authority, CheckVerdict.Passed).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_asked_is_not_checked_and_a_stranger_is_told()
    {
        ApprovalReport report = new ApprovalVerifier(new ApprovalQuestions { Register = _register, Utc = s_now }).Verify(Signed(Decide()));
        Assert.Equal(["Form Passed", "Signature Passed", "Time Passed", "Authority Failed", "Key NotChecked", "Destination NotChecked", "TpmSignatures Passed"], Verdicts(report));
        Assert.False(report.IsSound);
    }

    [Fact]
    public void A_denial_is_sound_and_holds_nothing_for_TPMs()
    {
        ApprovalReport report = Verify(Signed(Decide() with { Decision = SelectionDecision.Denied, PolicyAuthorizations = [], DuplicationAuthorizations = [] }));
        Assert.True(report.IsSound);
        Of(report, ApprovalCheck.TpmSignatures, CheckVerdict.NotChecked);
    }

    [Fact]
    public void An_altered_document_is_told_from_one_that_is_none()
    {
        string text = Signed(Decide());
        ApprovalReport altered = Verify(text.Replace("a new board", "a new bored", StringComparison.Ordinal));
        Assert.Null(altered.Approval);
        Assert.Equal(["Form Passed", "Signature Failed", "Time NotChecked", "Authority NotChecked", "Key NotChecked", "Destination NotChecked", "TpmSignatures NotChecked"], Verdicts(altered));
        Assert.Equal(ApprovalFault.Altered, ((ApprovalException)altered.Findings[1].Cause!).Fault);
        foreach (string none in new[] { string.Empty, "<a/>", text[..^20], DestinationDocument.Write(_destination) })
            Assert.Equal(["Form Failed", "Signature NotChecked", "Time NotChecked", "Authority NotChecked", "Key NotChecked", "Destination NotChecked", "TpmSignatures NotChecked"], Verdicts(Verify(none)));
    }

    [Fact]
    public void Its_time_is_that_between_its_dates()
    {
        SelectionApproval approval = Decide();
        Refused(Verify(Signed(approval with { NotBefore = s_now.AddSeconds(1) })), ApprovalCheck.Time, ApprovalFault.NotYetValid);
        Refused(Verify(Signed(approval with { ValidUntil = s_now })), ApprovalCheck.Time, ApprovalFault.Expired);
        Of(Verify(Signed(approval with { NotBefore = s_now, ValidUntil = s_now.AddSeconds(1) })), ApprovalCheck.Time, CheckVerdict.Passed);
    }

    [Fact]
    public void An_approval_for_something_else_is_told_what_it_is_for()
    {
        using var stranger = SoftwareSigner.Ecdsa();
        byte[] other = _destination.Parent.Name;
        Refused(Verify(Signed(Decide() with { Key = new SelectedKey("other", other) })), ApprovalCheck.Key, ApprovalFault.ForAnotherKey);
        Refused(Verify(Signed(Decide() with { DestinationName = _key.PublicArea().Name })), ApprovalCheck.Destination, ApprovalFault.ForAnotherDestination);
        ApprovalReport foreign = Verify(Signed(Decide(signer: stranger), stranger));
        Refused(foreign, ApprovalCheck.Key, ApprovalFault.ForAnotherKey);
        Of(foreign, ApprovalCheck.Authority, CheckVerdict.Failed);
    }

    [Fact]
    public void What_is_signed_for_TPMs_must_say_what_the_document_says()
    {
        using var stranger = SoftwareSigner.Ecdsa();
        SelectionApproval good = Decide(), foreign = Decide(signer: stranger), all = Decide(allKeys: true);
        PolicyAuthorization policy = good.PolicyAuthorizations[0];
        DuplicationAuthorization command = good.DuplicationAuthorizations[0];
        foreach (SelectionApproval bad in new[]
        {
            good with { PolicyAuthorizations = [] },
            good with { PolicyAuthorizations = foreign.PolicyAuthorizations },
            good with { PolicyAuthorizations = all.PolicyAuthorizations },
            good with { PolicyAuthorizations = [policy with { PolicyRef = [1] }] },
            good with { PolicyAuthorizations = [policy with { Hash = TpmAlgId.Sha384 }] },
            good with { PolicyAuthorizations = [policy with { Signature = policy.Signature with { R = [.. policy.Signature.R.Reverse()] } }] },
            good with { PolicyAuthorizations = [policy with { Signature = new TpmtSignature(TpmAlgId.RsaSsa, TpmAlgId.Sha256, new byte[256]) }] },
            good with { DuplicationAuthorizations = foreign.DuplicationAuthorizations },
            good with { DuplicationAuthorizations = [command with { InnerWrap = true }] },
            good with { DuplicationAuthorizations = [command with { Signature = policy.Signature }] },
            good with { DestinationName = [] },
            good with { Key = new SelectedKey("k", [0, 0x0b, 1]) },
            all with { DuplicationAuthorizations = good.DuplicationAuthorizations },
        })
        {
            Refused(Verify(Signed(bad)), ApprovalCheck.TpmSignatures, ApprovalFault.Altered);
        }
    }

    [Fact]
    public void An_Owners_approval_is_held_against_its_ticket_and_lets_no_CMK_go()
    {
        _machine.Create("mk");
        OwnerApproval approval = _machine.Approve("mk", _destination);
        var questions = new ApprovalQuestions { Key = QuestionedKey.Of(_machine.Store.Find("mk")!.Require()), Destination = _destination, Register = _register, Utc = approval.Created };
        ApprovalReport report = new ApprovalVerifier(questions).Verify(ApprovalDocument.Write(approval));
        Assert.Equal(["Form Passed", "Signature NotChecked", "Time Passed", "Authority NotChecked", "Key Passed", "Destination Passed", "TpmSignatures Passed"], Verdicts(report));

        OwnerApproval elsewhere = approval with { DestinationName = _key.PublicArea().Name };
        Refused(new ApprovalVerifier(questions with { Destination = null }).Verify(ApprovalDocument.Write(elsewhere)), ApprovalCheck.TpmSignatures, ApprovalFault.Altered);
        Refused(new ApprovalVerifier(questions with { Utc = approval.ValidUntil }).Verify(ApprovalDocument.Write(approval)), ApprovalCheck.Time, ApprovalFault.Expired);
        OwnerApproval forCmk = approval with { KeyTpmName = _key.PublicArea().Name };
        ApprovalFinding refused = Of(new ApprovalVerifier(questions with { Key = QuestionedKey.Of(_key) }).Verify(ApprovalDocument.Write(forCmk)), ApprovalCheck.Key, CheckVerdict.Failed);
        Assert.Equal(KeyFault.NeedsSelectionAuthority, Assert.IsType<KeyException>(refused.Cause).Fault);
    }

    private ApprovalReport Verify(string text) =>
        new ApprovalVerifier(new ApprovalQuestions { Key = QuestionedKey.Of(_key), Destination = _destination, Register = _register, Utc = s_now }).Verify(text);

    private SelectionApproval Decide(bool allKeys = false, SoftwareSigner? signer = null) => new SelectionApprover(signer ?? _signer).Sign(new SelectionRequest
    {
        Decision = SelectionDecision.Approved,
        Key = allKeys ? null : new SelectedKey("k", _key.PublicArea().Name),
        Destination = _destination,
        Reason = "a new board",
        NotBefore = s_now.AddHours(-1),
        ValidUntil = s_now.AddHours(1),
    });

    /// <summary>The document, signed anew: what an authority signs may contradict itself.</summary>
    private string Signed(SelectionApproval approval, SoftwareSigner? signer = null) => SignedDocument.Sign(ApprovalDocument.ToElement(approval), signer ?? _signer).Text;

    private static void Refused(ApprovalReport report, ApprovalCheck check, ApprovalFault fault)
    {
        Assert.False(report.IsSound);
        Assert.Equal(fault, Assert.IsType<ApprovalException>(Of(report, check, CheckVerdict.Failed).Cause).Fault);
    }

    private static ApprovalFinding Of(ApprovalReport report, ApprovalCheck check, CheckVerdict verdict)
    {
        ApprovalFinding finding = Assert.Single(report.Findings, each => each.Check == check);
        Assert.True(verdict == finding.Verdict, $"{finding.Verdict}: {finding.Reason}");
        return finding;
    }

    private static IEnumerable<string> Verdicts(ApprovalReport report) => report.Findings.Select(finding => $"{finding.Check} {finding.Verdict}");
}

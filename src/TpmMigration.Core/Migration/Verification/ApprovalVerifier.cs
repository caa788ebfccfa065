using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Says of an approval or denial, check by check, what an export would make of it. No TPM is needed: an authority's signatures for TPMs are
/// verified in software. Of the Owner's ticket only its own TPM can say whether it still holds.
/// </summary>
public sealed class ApprovalVerifier
{
    private readonly ApprovalQuestions _questions;
    private readonly List<ApprovalFinding> _findings = [];

    /// <param name="questions">What is asked.</param>
    public ApprovalVerifier(ApprovalQuestions questions) => _questions = questions;

    /// <param name="text">The document.</param>
    public ApprovalReport Verify(string text)
    {
        _findings.Clear();
        MigrationApproval approval;
        try
        {
            approval = ApprovalDocument.Read(text);
        }
        catch (ApprovalException e)
        {
            Unreadable(e);
            return new ApprovalReport(null, [.. _findings]);
        }
        var selection = approval as SelectionApproval;
        Passed(ApprovalCheck.Form, selection == null ? "It is an approval of a TPM Owner." : $"It is {Kind(selection)} of a Migration Selection Authority.");
        if (selection == null) NotChecked(ApprovalCheck.Signature, "The Owner's approvals have no signature. They rest on a ticket that the Owner's own TPM judges.");
        else Passed(ApprovalCheck.Signature, $"Signed by {selection.Authority.Description}.");
        CheckTime(approval, selection);
        CheckAuthority(approval, selection);
        CheckKey(approval, selection);
        CheckDestination(approval);
        CheckForTpm(approval, selection);
        return new ApprovalReport(approval, [.. _findings]);
    }

    private static string Kind(SelectionApproval approval) => approval.Decision == SelectionDecision.Denied ? "a denial" : "an approval";

    private void Unreadable(ApprovalException e)
    {
        // A signature is looked at where the form is found to be one.
        bool isAltered = e.Fault == ApprovalFault.Altered;
        if (isAltered) Passed(ApprovalCheck.Form, "Nothing was found against it.");
        Failed(isAltered ? ApprovalCheck.Signature : ApprovalCheck.Form, e);
        foreach (ApprovalCheck check in ((ApprovalCheck[])Enum.GetValues(typeof(ApprovalCheck))).Skip(_findings.Count))
            NotChecked(check, "The checks before it must pass first.");
    }

    private void CheckTime(MigrationApproval approval, SelectionApproval? selection)
    {
        if (approval.ValidUntil <= _questions.Utc)
            Failed(ApprovalCheck.Time, new ApprovalException(ApprovalFault.Expired, FormattableString.Invariant($"It ended at {approval.ValidUntil:u}.")));
        else if (selection?.NotBefore > _questions.Utc)
            Failed(ApprovalCheck.Time, new ApprovalException(ApprovalFault.NotYetValid, FormattableString.Invariant($"It begins at {selection.NotBefore:u}.")));
        else
            Passed(ApprovalCheck.Time, FormattableString.Invariant($"It is valid until {approval.ValidUntil:u}{(selection == null ? ", unless the TPM is restarted before" : selection.SingleUse ? ", for one package" : "")}."));
    }

    private void CheckAuthority(MigrationApproval approval, SelectionApproval? selection)
    {
        if (selection == null)
        {
            NotChecked(ApprovalCheck.Authority, $"It was given by the Owner of '{((OwnerApproval)approval).MachineHost}', for that machine alone.");
            return;
        }
        TrustVerdict trust = _questions.Register.Judge(selection.Signature!.Signer, TrustRole.MigrationSelectionAuthority, _questions.Utc, null);
        if (trust.IsTrusted)
            Passed(ApprovalCheck.Authority, trust.Entry is { } entry ? $"Registered as '{entry.Name}'." : trust.Reason);
        else if (IsNamedBy(selection) == true)
            NotChecked(ApprovalCheck.Authority, trust.Reason + " The key's policy names it, and that is what its TPM goes by.");
        else
            _findings.Add(new ApprovalFinding(ApprovalCheck.Authority, CheckVerdict.Failed, trust.Reason));
    }

    private void CheckKey(MigrationApproval approval, SelectionApproval? selection)
    {
        if (_questions.Key is not { } key)
        {
            NotChecked(ApprovalCheck.Key, selection is { Key: null } ? "It is for all keys whose policy names the authority. No key was named." : "No key was named.");
            return;
        }
        byte[]? its = selection == null ? ((OwnerApproval)approval).KeyTpmName : selection.Key?.TpmName;
        if (its != null && !SecretBytes.FixedTimeEquals(its, key.TpmName))
            Failed(ApprovalCheck.Key, new ApprovalException(ApprovalFault.ForAnotherKey, $"It is for the key '{(selection == null ? ((OwnerApproval)approval).KeyName : selection.Key!.KeyName)}' ({Hex.Format(its)}), and not for '{key.Name}' ({Hex.Format(key.TpmName)})."));
        else if (selection == null)
            CheckOwnersKey(key);
        else if (IsNamedBy(selection) is not { } named)
            NotChecked(ApprovalCheck.Key, "It is for the key. Which authorities the key's policy names is not known.");
        else if (named)
            Passed(ApprovalCheck.Key, selection.Key == null ? $"It is for all keys whose policy names the authority, and that of '{key.Name}' does." : $"It is for the key, and the key's policy names the authority.");
        else
            Failed(ApprovalCheck.Key, new ApprovalException(ApprovalFault.ForAnotherKey, $"The policy of the key '{key.Name}' does not name this authority."));
    }

    private void CheckOwnersKey(QuestionedKey key)
    {
        if (key.Kind is null or KeyKind.Migratable) Passed(ApprovalCheck.Key, "It is for the key.");
        else if (key.Kind == KeyKind.CertifiableMigratable) Failed(ApprovalCheck.Key, new KeyException(KeyFault.NeedsSelectionAuthority, $"The key '{key.Name}' is a CMK, which the Owner cannot let go."));
        else Failed(ApprovalCheck.Key, new ApprovalException(ApprovalFault.ForAnotherKey, $"The key '{key.Name}' is none that the Owner can let go ({key.Kind})."));
    }

    private void CheckDestination(MigrationApproval approval)
    {
        if (_questions.Destination is not { } destination)
            NotChecked(ApprovalCheck.Destination, $"It is for {DestinationLabel.Of(approval.DestinationHost, approval.DestinationName)}. No destination was named.");
        else if (SecretBytes.FixedTimeEquals(approval.DestinationName, destination.Parent.Name))
            Passed(ApprovalCheck.Destination, $"It is for {DestinationLabel.Of(destination.HostName, destination.Parent.Name)}.");
        else
            Failed(ApprovalCheck.Destination, new ApprovalException(ApprovalFault.ForAnotherDestination, $"It is for {DestinationLabel.Of(approval.DestinationHost, approval.DestinationName)}, and not for {DestinationLabel.Of(destination.HostName, destination.Parent.Name)}."));
    }

    private void CheckForTpm(MigrationApproval approval, SelectionApproval? selection)
    {
        if (selection is { Decision: SelectionDecision.Denied })
            NotChecked(ApprovalCheck.TpmSignatures, "A denial holds nothing for TPMs, which forget nothing and learn nothing: services and this module heed it.");
        else if ((selection == null ? TpmContent.Problem((OwnerApproval)approval) : TpmContent.Problem(selection)) is { } problem)
            Failed(ApprovalCheck.TpmSignatures, new ApprovalException(ApprovalFault.Altered, problem));
        else if (selection != null)
            Passed(ApprovalCheck.TpmSignatures, "What it holds for TPMs is signed by the authority, and for what the document says.");
        else if (((OwnerApproval)approval).Ticket == null)
            NotChecked(ApprovalCheck.TpmSignatures, "It records an export that the Owner authorized directly; it holds no ticket and cannot be used again.");
        else
            Passed(ApprovalCheck.TpmSignatures, "The ticket is for what the document says. Whether it still holds, the Owner's TPM alone knows.");
    }

    /// <summary>Whether the policy of the key names the authority; null if that is not known.</summary>
    private bool? IsNamedBy(SelectionApproval approval)
    {
        byte[] name = approval.Authority.TpmName;
        return _questions.Key?.Authorities?.Any(authority => SecretBytes.FixedTimeEquals(authority, name));
    }

    private void Passed(ApprovalCheck check, string reason) => _findings.Add(new ApprovalFinding(check, CheckVerdict.Passed, reason));

    private void NotChecked(ApprovalCheck check, string reason) => _findings.Add(new ApprovalFinding(check, CheckVerdict.NotChecked, reason));

    private void Failed(ApprovalCheck check, Exception cause) => _findings.Add(new ApprovalFinding(check, CheckVerdict.Failed, cause.Message, cause));
}

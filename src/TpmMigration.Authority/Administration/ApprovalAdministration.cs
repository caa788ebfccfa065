using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Release;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Administration;

/// <summary>Registers what selection authorities decided, so that machines need not bring it. What is registered proves itself: whoever registers it decides nothing.</summary>
internal sealed class ApprovalAdministration(VaultDatabase database, TimeProvider time)
{
    /// <summary>What is registered, ordered by digest.</summary>
    internal IReadOnlyList<RegisteredApproval> All() => database.Read(ApprovalRegister.All);

    /// <param name="document">An approval or a denial, signed by its authority.</param>
    /// <param name="reason">Why it is registered.</param>
    /// <param name="by">Who registers it.</param>
    /// <exception cref="AdministrationException">It is none that could count, or is registered already.</exception>
    internal RegisteredApproval Add(byte[] document, string reason, Actor by)
    {
        SelectionApproval approval = Read(document);
        if (approval.ValidUntil < Now())
            throw new AdministrationException(AdministrationFault.Invalid, FormattableString.Invariant($"The approval ended at {approval.ValidUntil:u}. Ask '{approval.Authority.Description}' for another."));
        return database.Write(transaction =>
        {
            RequireHonoured(transaction, approval);
            if (!ApprovalRegister.Add(transaction, approval, by.Name, Now()))
                throw new AdministrationException(AdministrationFault.Conflict, "The document is registered already.");
            byte[] digest = ApprovalRegister.DigestOf(approval);
            AuditLog.Append(transaction, Now(), by.Event("ApprovalAdd", Hex.Format(digest), Described(approval, reason)));
            return ApprovalRegister.Find(transaction, digest)!;
        });
    }

    /// <summary>Takes one out. What it let out is out; a denial that is taken out forbids nothing more.</summary>
    /// <exception cref="AdministrationException">There is none.</exception>
    internal RegisteredApproval Remove(byte[] digest, string reason, Actor by) => database.Write(transaction =>
    {
        RegisteredApproval entry = ApprovalRegister.Find(transaction, digest)
            ?? throw new AdministrationException(AdministrationFault.NotFound, "No document of this digest is registered; `tpm-ma approval list` shows what is.");
        ApprovalRegister.Remove(transaction, digest);
        AuditLog.Append(transaction, Now(), by.Event("ApprovalRemove", Hex.Format(digest), Described(entry.Approval, reason)));
        return entry;
    });

    private static SelectionApproval Read(byte[] document)
    {
        try
        {
            return ApprovalDocument.Read(document) as SelectionApproval
                ?? throw new AdministrationException(AdministrationFault.Invalid, "This is an approval of a TPM Owner, which counts on the Owner's machine only. Registered are approvals and denials of Migration Selection Authorities.");
        }
        catch (Exception e) when (e is ApprovalException or SignatureException or DocumentFormatException)
        {
            throw new AdministrationException(AdministrationFault.Invalid, e.Message, e);
        }
    }

    private static void RequireHonoured(VaultTransaction transaction, SelectionApproval approval)
    {
        IReadOnlyList<byte[]> honoured = TrustList.SelectionAuthorities(transaction);
        if (approval.Decision == SelectionDecision.Denied || honoured.Count == 0 || honoured.Any(name => SecretBytes.FixedTimeEquals(name, approval.Authority.TpmName))) return;
        throw new AdministrationException(AdministrationFault.Invalid, $"This Migration Authority does not honour '{approval.Authority.Description}': `tpm-ma trust add --selection-authority` lets its certificate in.");
    }

    private static string Described(SelectionApproval approval, string reason) =>
        $"{approval.Decision} by '{approval.Authority.Description}' for '{approval.DestinationHost}' {Hex.Format(approval.DestinationName)}: {reason}";

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}

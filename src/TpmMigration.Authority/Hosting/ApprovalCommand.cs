using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Release;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma approval add|list|remove`: what selection authorities decided, for machines that do not bring it.</summary>
internal static class ApprovalCommand
{
    internal static Command Make(CommonOptions common) =>
        new("approval", "Approvals and denials of Migration Selection Authorities that are weighed at each release.") { Add(common), List(common), Remove(common) };

    /// <summary>A document as scripts see it.</summary>
    internal static object Shown(RegisteredApproval entry) => new
    {
        digest = Hex.Format(entry.Digest),
        decision = entry.Approval.Decision.ToString(),
        authority = entry.Approval.Authority.Description,
        authorityName = Hex.Format(entry.Approval.Authority.TpmName),
        keyName = entry.Approval.Key == null ? null : Hex.Format(entry.Approval.Key.TpmName),
        destinationHost = entry.Approval.DestinationHost,
        destinationName = Hex.Format(entry.Approval.DestinationName),
        notBefore = StrictElement.FormatDate(entry.Approval.NotBefore),
        validUntil = StrictElement.FormatDate(entry.Approval.ValidUntil),
        singleUse = entry.Approval.SingleUse,
        reason = entry.Approval.Reason,
        added = StrictElement.FormatDate(entry.Added),
        addedBy = entry.AddedBy,
    };

    private static Command Add(CommonOptions common)
    {
        var file = new Argument<FileInfo>("file") { Description = "A document of an authority, as Approve-TpmMigration and Deny-TpmMigration write it." };
        Option<string> reason = ReasonOption.Make();
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("add", "Registers a document after checking it. Its signature counts; whoever registers it decides nothing.") { file, reason, json };
        command.SetAction(parsed => Do(common, parsed, approvals => Write(
            parsed, [approvals.Add(SmallFile.Read(parsed.GetValue(file)!), parsed.GetValue(reason)!, Actor.Local)], parsed.GetValue(json))));
        return command;
    }

    private static Command List(CommonOptions common)
    {
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("list", "Shows what is registered.") { json };
        command.SetAction(parsed => Do(common, parsed, approvals => Write(parsed, approvals.All(), parsed.GetValue(json))));
        return command;
    }

    private static Command Remove(CommonOptions common)
    {
        Argument<byte[]> digest = HexArgument.Make("digest", "SHA-256 of the document, as list shows it.");
        Option<string> reason = ReasonOption.Make();
        var command = new Command("remove", "Takes a document out.") { digest, reason };
        command.SetAction(parsed => Do(common, parsed, approvals => Write(parsed, [approvals.Remove(parsed.GetValue(digest)!, parsed.GetValue(reason)!, Actor.Local)], json: false)));
        return command;
    }

    private static int Do(CommonOptions common, ParseResult parsed, Action<ApprovalAdministration> work)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
        work(new ApprovalAdministration(database, TimeProvider.System));
        return 0;
    }

    private static void Write(ParseResult parsed, IReadOnlyList<RegisteredApproval> approvals, bool json) => CommandOutput.Write(
        parsed.InvocationConfiguration.Output, approvals, json, Shown,
        ("DECISION", entry => entry.Approval.Decision.ToString()),
        ("AUTHORITY", entry => entry.Approval.Authority.Description),
        ("FOR", entry => entry.Approval.Key?.KeyName ?? "all its keys"),
        ("DESTINATION", entry => entry.Approval.DestinationHost),
        ("UNTIL", entry => StrictElement.FormatDate(entry.Approval.ValidUntil)),
        ("USE", entry => entry.Approval.SingleUse ? "once" : "any"),
        ("BY", entry => entry.AddedBy),
        ("DIGEST", entry => Hex.Format(entry.Digest)));
}

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma admin add|list|remove`: who may administrate over the network.</summary>
internal static class AdminCommand
{
    internal static Command Make(CommonOptions common) => new("admin", "Who may administrate over the network, by client certificates of TLS.") { Add(common), List(common), Remove(common) };

    private static Command Add(CommonOptions common)
    {
        var file = new Argument<FileInfo>("certificate") { Description = "The administrator's certificate in PEM or DER." };
        var role = new Option<AdministratorRole>("--role") { Description = "What they may do: operator, approver or auditor.", Required = true };
        Option<string> reason = ReasonOption.Make();
        var command = new Command("add", "Lets an administrator in.") { file, role, reason };
        command.SetAction(parsed => Do(common, parsed, administrators => Write(
            parsed, [administrators.Add(SmallFile.Read(parsed.GetValue(file)!), parsed.GetValue(role), parsed.GetValue(reason)!, Actor.Local)], json: false)));
        return command;
    }

    private static Command List(CommonOptions common)
    {
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("list", "Shows the administrators.") { json };
        command.SetAction(parsed => Do(common, parsed, administrators => Write(parsed, administrators.All(), parsed.GetValue(json))));
        return command;
    }

    private static Command Remove(CommonOptions common)
    {
        Argument<byte[]> fingerprint = HexArgument.Make("fingerprint", "Of the certificate, as list shows it.");
        Option<string> reason = ReasonOption.Make();
        var command = new Command("remove", "Lets an administrator in no longer, from the next request on.") { fingerprint, reason };
        command.SetAction(parsed => Do(common, parsed, administrators => Write(
            parsed, [administrators.Remove(parsed.GetValue(fingerprint)!, parsed.GetValue(reason)!, Actor.Local)], json: false)));
        return command;
    }

    private static int Do(CommonOptions common, ParseResult parsed, Action<AdministratorAdministration> work)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
        work(new AdministratorAdministration(database, TimeProvider.System));
        return 0;
    }

    private static void Write(ParseResult parsed, IReadOnlyList<Administrator> administrators, bool json) => CommandOutput.Write(
        parsed.InvocationConfiguration.Output, administrators, json,
        entry => new
        {
            fingerprint = Hex.Format(entry.Fingerprint),
            role = entry.Role.ToString(),
            label = entry.Label,
            added = StrictElement.FormatDate(entry.Added),
            addedBy = entry.AddedBy,
            reason = entry.Reason,
        },
        ("FINGERPRINT", entry => Hex.Format(entry.Fingerprint)),
        ("ROLE", entry => entry.Role.ToString()),
        ("CERTIFICATE", entry => entry.Label),
        ("ADDED", entry => StrictElement.FormatDate(entry.Added)),
        ("BY", entry => entry.AddedBy),
        ("REASON", entry => entry.Reason));
}

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma client list|show|block|unblock`.</summary>
internal static class ClientCommand
{
    internal static Command Make(CommonOptions common) => new("client", "The clients: machines that have proved their TPMs here.")
    {
        List(common), Show(common),
        Change(common, "block", "Lets a client in no longer. Its packages stay; what was given out to it holds no more.", (clients, name, reason) => clients.Block(name, reason, Actor.Local)),
        Change(common, "unblock", "Lets a client in again.", (clients, name, reason) => clients.Unblock(name, reason, Actor.Local)),
    };

    /// <summary>A client as scripts see it.</summary>
    internal static object Shown(ClientEntry client) => new
    {
        name = Hex.Format(client.Name),
        firstSeen = StrictElement.FormatDate(client.FirstSeen),
        lastSeen = StrictElement.FormatDate(client.LastSeen),
        packages = client.Packages,
        bytes = client.Bytes,
        blocked = client.Blocked is { } time ? StrictElement.FormatDate(time) : null,
        blockReason = client.Blocked == null ? null : client.BlockReason,
    };

    private static Command List(CommonOptions common)
    {
        var blocked = new Option<bool>("--blocked") { Description = "Only those that are blocked." };
        Option<byte[]?> after = HexArgument.Option("--after", "Those behind this one.");
        var most = new Option<int>("--most") { Description = "How many.", DefaultValueFactory = _ => 1000 };
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("list", "Shows the clients, ordered by name.") { blocked, after, most, json };
        command.SetAction(parsed => Do(common, parsed, clients =>
            Write(parsed, clients.Page(parsed.Given(after), parsed.GetValue(blocked), parsed.GetValue(most)), parsed.GetValue(json))));
        return command;
    }

    private static Command Show(CommonOptions common)
    {
        Argument<byte[]> name = NameArgument();
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("show", "Shows one client.") { name, json };
        command.SetAction(parsed => Do(common, parsed, clients => Write(parsed, [clients.Find(parsed.GetValue(name)!)], parsed.GetValue(json))));
        return command;
    }

    private static Command Change(CommonOptions common, string verb, string description, Func<ClientAdministration, byte[], string, ClientEntry> change)
    {
        Argument<byte[]> name = NameArgument();
        Option<string> reason = ReasonOption.Make();
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command(verb, description) { name, reason, json };
        command.SetAction(parsed => Do(common, parsed, clients => Write(parsed, [change(clients, parsed.GetValue(name)!, parsed.GetValue(reason)!)], parsed.GetValue(json))));
        return command;
    }

    private static Argument<byte[]> NameArgument() => HexArgument.Make("client", "TPM name of its endorsement key.");

    private static int Do(CommonOptions common, ParseResult parsed, Action<ClientAdministration> work)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
        work(new ClientAdministration(database, TimeProvider.System));
        return 0;
    }

    private static void Write(ParseResult parsed, IReadOnlyList<ClientEntry> clients, bool json) => CommandOutput.Write(
        parsed.InvocationConfiguration.Output, clients, json, Shown,
        ("CLIENT", client => Hex.Format(client.Name)),
        ("FIRST SEEN", client => StrictElement.FormatDate(client.FirstSeen)),
        ("LAST SEEN", client => StrictElement.FormatDate(client.LastSeen)),
        ("PACKAGES", client => client.Packages.ToString(CultureInfo.InvariantCulture)),
        ("BYTES", client => client.Bytes.ToString(CultureInfo.InvariantCulture)),
        ("BLOCKED", client => client.Blocked is { } time ? $"{StrictElement.FormatDate(time)} {client.BlockReason}" : "-"));
}

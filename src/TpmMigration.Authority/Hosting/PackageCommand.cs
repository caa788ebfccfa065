using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma package list|show|hold|release|delete`.</summary>
internal static class PackageCommand
{
    internal static Command Make(CommonOptions common) => new("package", "The packages: keys that clients have laid in.")
    {
        List(common), Show(common),
        Change(common, "hold", "Holds a package back: it stays, and nobody gets it.", (packages, client, id, reason) => packages.Hold(client, id, reason, Actor.Local)),
        Change(common, "release", "Ends a hold. The rules of release apply again.", (packages, client, id, reason) => packages.Release(client, id, reason, Actor.Local)),
        Change(common, "delete", "Deletes a package for ever. Its id, and that it was there, stay known.", (packages, client, id, reason) => packages.Delete(client, id, reason, Actor.Local)),
    };

    /// <summary>A package as scripts see it.</summary>
    internal static object Shown(PackageEntry package) => new
    {
        client = Hex.Format(package.Client),
        id = package.Id.ToString("D"),
        digest = Hex.Format(package.Digest),
        size = package.Size,
        keys = package.Keys,
        purpose = package.Purpose,
        sourceHost = package.SourceHost,
        created = StrictElement.FormatDate(package.Created),
        received = StrictElement.FormatDate(package.Received),
        returnable = package.IsReturnable,
        storageKey = Hex.Format(package.StorageKey),
        held = package.Held is { } held ? StrictElement.FormatDate(held) : null,
        holdReason = package.Held == null ? null : package.HoldReason,
        deleted = package.Deleted is { } deleted ? StrictElement.FormatDate(deleted) : null,
    };

    private static Command List(CommonOptions common)
    {
        Option<byte[]?> client = ClientOption();
        var held = new Option<bool>("--held") { Description = "Only those that are held back." };
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("list", "Shows the packages, ordered by client and id.") { client, held, json };
        command.SetAction(parsed => Do(common, parsed, packages =>
        {
            // Page by page, since there may be a million.
            const int Page = 1000;
            var all = new List<PackageEntry>();
            IReadOnlyList<PackageEntry> page = [];
            do
            {
                page = packages.Page(parsed.Given(client), page.Count == 0 ? null : new PackagePosition(page[^1].Client, page[^1].Id), Page);
                IEnumerable<PackageEntry> wanted = parsed.GetValue(held) ? page.Where(package => package.Held != null) : page;
                if (parsed.GetValue(json)) Write(parsed, [.. wanted], json: true);
                else all.AddRange(wanted);
            }
            while (page.Count == Page);
            Write(parsed, all, json: false);
        }));
        return command;
    }

    private static Command Show(CommonOptions common)
    {
        Argument<Guid> id = IdArgument();
        Option<byte[]?> client = ClientOption();
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("show", "Shows one package.") { id, client, json };
        command.SetAction(parsed => Do(common, parsed, packages => Write(parsed, [packages.Find(parsed.Given(client), parsed.GetValue(id))], parsed.GetValue(json))));
        return command;
    }

    private static Command Change(CommonOptions common, string verb, string description, Func<PackageAdministration, byte[]?, Guid, string, PackageEntry> change)
    {
        Argument<Guid> id = IdArgument();
        Option<byte[]?> client = ClientOption();
        Option<string> reason = ReasonOption.Make();
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command(verb, description) { id, client, reason, json };
        command.SetAction(parsed => Do(common, parsed, packages =>
            Write(parsed, [change(packages, parsed.Given(client), parsed.GetValue(id), parsed.GetValue(reason)!)], parsed.GetValue(json))));
        return command;
    }

    private static Argument<Guid> IdArgument() => new("id") { Description = "The package's id, as list shows it." };

    private static Option<byte[]?> ClientOption() => HexArgument.Option("--client", "Whose: the TPM name of its endorsement key.");

    private static int Do(CommonOptions common, ParseResult parsed, Action<PackageAdministration> work)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
        work(new PackageAdministration(database, TimeProvider.System));
        return 0;
    }

    private static void Write(ParseResult parsed, IReadOnlyList<PackageEntry> packages, bool json) => CommandOutput.Write(
        parsed.InvocationConfiguration.Output, packages, json, Shown,
        ("PACKAGE", package => package.Id.ToString("D")),
        ("SOURCE", package => package.SourceHost),
        ("KEYS", package => package.Keys.ToString(CultureInfo.InvariantCulture)),
        ("BYTES", package => package.Size.ToString(CultureInfo.InvariantCulture)),
        ("RECEIVED", package => StrictElement.FormatDate(package.Received)),
        ("RETURNABLE", package => package.IsReturnable ? "yes" : "no"),
        ("HELD", package => package.Held is { } time ? $"{StrictElement.FormatDate(time)} {package.HoldReason}" : "-"),
        ("CLIENT", package => Hex.Format(package.Client)));
}

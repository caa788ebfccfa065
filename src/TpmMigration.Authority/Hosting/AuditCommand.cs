using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text.Json;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma audit show|verify|export`.</summary>
internal static class AuditCommand
{
    /// <summary>The exit code of a broken trail, which is not that of a command that failed.</summary>
    internal const int Broken = 2;

    internal static Command Make(CommonOptions common) =>
        new("audit", "The trail of what happened.") { Show(common), Verify(common), Export(common) };

    private static Command Show(CommonOptions common)
    {
        var last = new Option<int>("--last") { Description = "How many records.", DefaultValueFactory = _ => 50 };
        var command = new Command("show", "Shows the last records, the latest at the end.") { last };
        command.SetAction(parsed =>
        {
            using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
            TextWriter output = parsed.InvocationConfiguration.Output;
            foreach (AuditRecord record in database.Read(transaction => AuditLog.Last(transaction, parsed.GetValue(last))))
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{record.Sequence} {StrictElement.FormatDate(record.Time)} {record.Event.Name} {record.Event.Outcome} {record.Event.Origin} {Client(record)} {record.Event.Subject} {record.Event.Detail}"));
            return 0;
        });
        return command;
    }

    private static Command Verify(CommonOptions common)
    {
        var head = new Option<string?>("--head") { Description = "A digest that an earlier verify gave: shows that nothing up to it was cut off and written anew." };
        var command = new Command("verify", "Holds each record against its digest and the one before. Exit code 2 if the trail is broken.") { head };
        command.SetAction(parsed =>
        {
            byte[]? known = parsed.GetValue(head) is { } text ? Hex.TryParse(text) ?? throw new CommandException("A head is lower-case hexadecimal, as verify gives it.") : null;
            using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
            AuditVerdict verdict = database.Read(transaction => AuditLog.Verify(transaction, known));
            if (verdict.Problem == null)
            {
                parsed.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict.Records} records, whole. Head: {Hex.Format(verdict.Head)}"));
                return 0;
            }
            parsed.InvocationConfiguration.Error.WriteLine("The audit trail is broken: " + verdict.Problem);
            return Broken;
        });
        return command;
    }

    private static Command Export(CommonOptions common)
    {
        var command = new Command("export", "Writes all records, each as one line of JSON.");
        command.SetAction(parsed =>
        {
            Write(common.Directory(parsed), parsed.InvocationConfiguration.Output);
            return 0;
        });
        return command;
    }

    /// <summary>Writes all records as lines of JSON.</summary>
    internal static void Write(DataDirectory directory, TextWriter output)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(directory);
        database.Read(transaction =>
        {
            AuditLog.Each(transaction, (record, digest) => output.WriteLine(JsonSerializer.Serialize(Shown(record, digest))));
            return true;
        });
    }

    /// <summary>A record as scripts see it, with all that its digest is of.</summary>
    internal static object Shown(AuditRecord record, byte[] digest) => new
    {
        sequence = record.Sequence,
        time = StrictElement.FormatDate(record.Time),
        @event = record.Event.Name,
        outcome = record.Event.Outcome,
        origin = record.Event.Origin,
        client = Hex.Format(record.Event.Client),
        subject = record.Event.Subject,
        detail = record.Event.Detail,
        previous = Hex.Format(record.Previous),
        digest = Hex.Format(digest),
    };

    private static string Client(AuditRecord record) => record.Event.Client.Length == 0 ? "-" : Hex.Format(record.Event.Client);
}

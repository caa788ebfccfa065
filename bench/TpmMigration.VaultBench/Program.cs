using System.Globalization;
using System.Linq;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.VaultBench;

// Prints what a Migration Authority costs through the running service, against the bare work in the same run: all of it, or what is named.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Wanted("uploads"))
{
    await Uploads.Print("vault in SQLite", null);
    using PostgresServer server = PostgresServer.Start(isDurable: true);
    await Uploads.Print("vault in PostgreSQL", server.CreateDatabase());
}
using var machine = new ClientMachine();
if (Wanted("downloads")) await Downloads.Print(machine);
if (Wanted("queries")) await Queries.Print(machine);

bool Wanted(string name) => args.Length == 0 || args.Contains(name);

using System.Globalization;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.VaultBench;

// Prints what the vault of a Migration Authority costs through the running service, against bare statements in the same run.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
await Uploads.Print("vault in SQLite", null);
using (PostgresServer server = PostgresServer.Start(isDurable: true)) await Uploads.Print("vault in PostgreSQL", server.CreateDatabase());
using var machine = new ClientMachine();
await Downloads.Print(machine);
await Queries.Print(machine);

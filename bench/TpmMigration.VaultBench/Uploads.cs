using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;

namespace TpmMigration.VaultBench;

/// <summary>Uploads through HTTP, each durable when it is acknowledged, against bare transactions of SQLite with the same bytes.</summary>
internal static class Uploads
{
    private const int Clients = 8, Crowd = 300, Packages = 1500, Rounds = 5;

    internal static async Task Print(string what, string? connection)
    {
        using var machine = new ClientMachine();
        using AuthorityProcess authority = AuthorityProcess.Start(connection, ["--client-rate", "0", "--client-packages", "1000000", "--client-bytes", "100000000000"]);
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        MigrationPackage package = machine.Package(client.AuthorityKey().ToDestination());
        using var folder = new TemporaryFolder("tpm-vault-bench-");
        List<double> ours = [], overLogged = [], overPlain = [], processor = [], crowded = [];
        for (int round = 0; round <= Rounds; round++)
        {
            IReadOnlyList<byte[]> contents = Contents();
            double plain = Bare(folder[$"plain{round}.db"], contents, null);
            double logged = Bare(folder[$"logged{round}.db"], contents, "WAL");
            TimeSpan before = authority.ProcessorTime;
            double seconds = await Send(contents, Clients);
            TimeSpan after = authority.ProcessorTime;
            double crowd = await Send(Contents(), Crowd);
            // The first is for the compiler.
            if (round == 0) continue;
            ours.Add(Packages / seconds);
            overPlain.Add(plain / seconds);
            overLogged.Add(logged / seconds);
            crowded.Add(seconds / crowd);
            processor.Add((after - before).TotalMilliseconds / Packages);
        }
        Report.Row($"Uploads per second, {what}, over bare transactions of SQLite", Report.Median(overPlain), "at least 0.5");
        Report.Row("the same, over those with a write-ahead log", Report.Median(overLogged), "at least 0.5");
        Report.Row($"from {Crowd} clients at a time over from {Clients}", Report.Median(crowded), "");
        Console.WriteLine($"  {Report.Median(ours):0} per second; the service uses {Report.Median(processor):0.0} ms of processor time for each; ratios {Sorted(overPlain)} and {Sorted(overLogged)}");

        IReadOnlyList<byte[]> Contents() => machine.Sign(machine.Again(package, Packages));

        Task<double> Send(IReadOnlyList<byte[]> contents, int clients) =>
            Load.Send(authority, Load.Uploads(token, contents), clients);
    }

    private static string Sorted(IEnumerable<double> ratios) => string.Join(" ", ratios.Order().Select(ratio => $"{ratio:0.00}"));

    /// <summary>Seconds to insert each in a transaction of its own.</summary>
    /// <param name="path">A new file.</param>
    /// <param name="contents">What is inserted.</param>
    /// <param name="journal">The kind of journal; null for what SQLite takes if nobody says anything, which is a rollback journal.</param>
    private static double Bare(string path, IReadOnlyList<byte[]> contents, string? journal)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        if (journal != null) Do("PRAGMA journal_mode = " + journal);
        Do("PRAGMA synchronous = FULL");
        Do("CREATE TABLE package (id INTEGER PRIMARY KEY, content BLOB NOT NULL)");
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO package (content) VALUES (@content)";
        SqliteParameter content = insert.Parameters.Add("@content", SqliteType.Blob);
        long started = Stopwatch.GetTimestamp();
        foreach (byte[] each in contents)
        {
            content.Value = each;
            insert.ExecuteNonQuery();
        }
        return Stopwatch.GetElapsedTime(started).TotalSeconds;

        void Do(string sql)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}

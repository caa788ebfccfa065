using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.VaultBench;

/// <summary>Uploads through HTTP, each durable when it is acknowledged, against bare transactions of SQLite with the same bytes.</summary>
internal static class Uploads
{
    private const int Clients = 8, Packages = 1500, Rounds = 5;

    internal static async Task Print(string what, string? connection)
    {
        using var machine = new ClientMachine();
        using AuthorityProcess authority = AuthorityProcess.Start(connection, ["--client-rate", "0", "--client-packages", "1000000", "--client-bytes", "100000000000"]);
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        MigrationPackage package = machine.Package(client.AuthorityKey().ToDestination());
        using var folder = new TemporaryFolder("tpm-vault-bench-");
        List<double> ours = [], bare = [], processor = [];
        for (int round = 0; round <= Rounds; round++)
        {
            IReadOnlyList<byte[]> contents = machine.Sign(machine.Again(package, Packages));
            byte[][] messages = [.. contents.Select(content => Load.Message("Upload", Part("Token", token), Part("Package", content)))];
            double bareSeconds = Bare(folder[$"bare{round}.db"], contents);
            TimeSpan before = authority.ProcessorTime;
            double seconds = await Load.Send(authority, messages, Clients);
            // The first is for the compiler.
            if (round == 0) continue;
            bare.Add(Packages / bareSeconds);
            ours.Add(Packages / seconds);
            processor.Add((authority.ProcessorTime - before).TotalMilliseconds / Packages);
        }
        double[] ratios = [.. ours.Zip(bare, (a, b) => a / b)];
        Report.Row($"Uploads per second, {what}, over bare transactions of SQLite", Report.Median(ratios), "at least 0.5");
        Console.WriteLine($"  {Report.Median(ours):0} and {Report.Median(bare):0} per second; the service uses {Report.Median(processor):0.0} ms of processor time for each; ratios {string.Join(" ", ratios.Order().Select(r => $"{r:0.00}"))}");
    }

    private static double Bare(string path, IReadOnlyList<byte[]> contents)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Do("PRAGMA journal_mode = WAL");
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

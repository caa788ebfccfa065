using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using TpmMigration.Tests.Authority.Scene;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.VaultBench;

/// <summary>Queries by client, among few packages and among many, against the bare SELECT with an index.</summary>
internal static class Queries
{
    private const int Few = 10_000, Many = 1_000_000, Requests = 2_000, Rounds = 7, Clients = 8;

    internal static async Task Print(ClientMachine machine)
    {
        using var few = new FilledVault(machine, Few);
        using var many = new FilledVault(machine, Many);
        List<double> ratios = [], growth = [], times = [], selects = [], alone = [], deep = [];
        for (int round = 0; round <= Rounds; round++)
        {
            double select = Select(many), query = await Query(many, Clients), fewer = await Query(few, Clients), single = await Query(many, 1), latency = Select(many, 1);
            if (round == 0) continue;
            selects.Add(select);
            times.Add(query);
            ratios.Add(query / select);
            growth.Add(query / fewer);
            alone.Add(single / latency);
            deep.Add(single);
        }
        Report.Row($"Query by client among {Many} packages over the bare SELECT", Report.Median(ratios), "at most 3");
        Console.WriteLine($"  {Clients} clients at a time, pages of {FilledVault.PerClient} packages: {Report.Median(times) * 1000:0.000} and {Report.Median(selects) * 1000:0.000} ms; one after the other {Report.Median(deep) * 1000:0.000} ms, ratio {Report.Median(alone):0.0}");
        Report.Row($"Query among {Many} packages over among {Few}", Report.Median(growth), "at most 1.3");
        await Growth.Print(machine, few, many);
        Console.WriteLine($"  Memory of the service: {few.Authority.PeakMemory >> 20} MiB with {Few} packages, {many.Authority.PeakMemory >> 20} MiB with {Many}; database {many.Size >> 20} MiB");
    }

    /// <summary>Seconds for each; several at a time share the processors.</summary>
    private static async Task<double> Query(FilledVault vault, int clients)
    {
        byte[][] messages = [.. vault.Tokens.Select(token => Message("Query", Part("Token", token)))];
        return await Load.Send(vault.Authority, Enumerable.Range(0, Requests).Select(i => messages[i % messages.Length]), clients, shortest: FilledVault.PerClient * 100) / Requests;
    }

    private static double Select(FilledVault vault, int clients = Clients)
    {
        long started = Stopwatch.GetTimestamp();
        Parallel.For(0, clients, new ParallelOptions { MaxDegreeOfParallelism = clients }, number =>
        {
            using var connection = new SqliteConnection($"Data Source={vault.Authority.Directory.DatabasePath};Mode=ReadWrite;Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT client, id, digest, size, keys, purpose, source_host, created, received, returnable, storage_key, held, hold_reason FROM package WHERE client = @client AND deleted IS NULL ORDER BY client, id LIMIT 201";
            SqliteParameter client = command.Parameters.Add("@client", SqliteType.Blob);
            for (int i = number; i < Requests; i += clients)
            {
                client.Value = vault.Known[i % vault.Known.Count];
                using SqliteDataReader rows = command.ExecuteReader();
                object[] values = new object[rows.FieldCount];
                int count = 0;
                while (rows.Read()) count += rows.GetValues(values) / values.Length;
                if (count != FilledVault.PerClient) throw new InvalidOperationException($"{count} packages.");
            }
        });
        return Stopwatch.GetElapsedTime(started).TotalSeconds / Requests;
    }
}

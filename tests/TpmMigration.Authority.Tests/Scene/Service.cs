using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using TpmMigration.Approvals;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Keys;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>A running service that lets in the TPMs of the tests' manufacturer, and a client machine. The tests of a class share them.</summary>
public class Service : IDisposable
{
    /// <summary>Small, so that too large is quick.</summary>
    internal const int MostPackageBytes = 300_000;

    private static readonly string MostBytes = MostPackageBytes.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public Service() : this(connection: null) { }

    /// <param name="connection">Of the database server; null for a file.</param>
    protected Service(string? connection)
    {
        Machine = new ClientMachine();
        Authority = AuthorityProcess.Start(connection, ["--most-package-bytes", MostBytes]);
        Authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath, "--reason", "of the tests");
        Client = new SoapClient(Authority);
        Key = Client.AuthorityKey();
    }

    public AuthorityProcess Authority { get; }

    public ClientMachine Machine { get; }

    internal SoapClient Client { get; }

    internal MigrationAuthorityKey Key { get; }

    internal MigrationDestination Destination => Key.ToDestination();

    /// <summary>Does something and gives the records that it left in the audit trail.</summary>
    internal IReadOnlyList<JsonElement> Audited(Action work)
    {
        int before = Records().Count;
        work();
        return [.. Records().Skip(before)];
    }

    /// <summary>Does something that must leave one record: of a refusal.</summary>
    internal void AssertAudited(string operation, string outcome, Action work)
    {
        JsonElement record = Assert.Single(Audited(work));
        Assert.Equal((operation, outcome), (record.GetProperty("event").GetString(), record.GetProperty("outcome").GetString()));
    }

    /// <summary>The service's own keys, to make what only it can make.</summary>
    internal AuthorityKeys OpenKeys()
    {
        byte[] secret = Authority.Directory.ReadSecret();
        return AuthorityKeyFile.Read(Authority.Directory.KeysPath, secret);
    }

    public void Dispose()
    {
        Client.Dispose();
        Authority.Dispose();
        Machine.Dispose();
        GC.SuppressFinalize(this);
    }

    // By the code of `tpm-ma audit export`, without starting the program for each look.
    private List<JsonElement> Records()
    {
        using var output = new System.IO.StringWriter();
        AuditCommand.Write(Authority.Directory, output);
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }
}

/// <summary>The same with its vault in PostgreSQL.</summary>
public sealed class PostgresService(SharedPostgres postgres) : Service(postgres.Server.CreateDatabase());

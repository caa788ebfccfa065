using System;
using System.Threading.Tasks;
using Npgsql;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>Where the database is lost, nothing is acknowledged that is not kept, and the service goes on by itself when there is one again.</summary>
public sealed class DatabaseLossTests
{
    private const int Packages = 200;

    [Fact]
    public async Task Every_package_that_was_acknowledged_outlives_the_death_of_the_primary_and_the_service_goes_on_with_its_standby()
    {
        using PostgresServer primary = PostgresServer.Start(isDurable: true);
        string first = primary.CreateDatabase();
        using PostgresServer standby = PostgresServer.StartStandby(primary, "standby1");
        Assert.True(Replicates(primary));
        primary.Do("ALTER SYSTEM SET synchronous_standby_names = 'standby1'");
        primary.Do("SELECT pg_reload_conf()");
        string connection = new NpgsqlConnectionStringBuilder(first) { Host = $"{primary.Host},{standby.Host}", TargetSessionAttributes = "primary" }.ToString();
        using AuthorityProcess authority = AuthorityProcess.Start(connection, []);
        using var storm = new UploadStorm(authority, Packages);
        await storm.Run(storm.Total / 2, primary.Kill);
        Assert.InRange(storm.Acknowledged, storm.Total / 2, storm.Total - 1);
        standby.Do("SELECT pg_promote(true)");
        long before = storm.Acknowledged;
        await storm.Finish();
        storm.AssertWhole();
        Assert.DoesNotContain(PostgresServer.Password, string.Join('\n', authority.Log), StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"{before} packages acknowledged when the primary died, {storm.Acknowledged} in the end, there and whole.");
    }

    [Fact]
    public void A_database_that_is_gone_makes_the_service_unavailable_until_it_is_back_and_its_password_is_not_seen()
    {
        using PostgresServer server = PostgresServer.Start(isDurable: true);
        using var authority = new AuthorityProcess(server.CreateDatabase());
        Assert.DoesNotContain(PostgresServer.Password, authority.Init(), StringComparison.Ordinal);
        authority.Serve();
        using var machine = new ClientMachine();
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client), content = machine.Export(Key(client));
        client.Call("Query", Part("Token", token));
        server.Kill();
        for (int i = 0; i < 3; i++) Gone(client.Refused("Unavailable", "Upload", Part("Token", token), Part("Package", content)));
        Gone(client.Refused("Unavailable", "Query", Part("Token", token)));
        // What takes no database is still there.
        client.Call("GetMAKey");
        (int code, _, string error) = authority.Run("status");
        Assert.Equal(1, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        server.PowerOn();
        Assert.Equal("false", client.Call("Upload", Part("Token", token), Part("Package", content)).Element(Ns + "AlreadyStored")!.Value);
        Assert.Contains("records, whole", authority.Do("status"), StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, string.Join('\n', authority.Log) + error + authority.Do("status") + authority.Do("audit", "export"), StringComparison.Ordinal);
        Assert.Equal(0b110_000_000, Keys.UnixCalls.Mode(authority.Directory.ConnectionPath));

        void Gone(SoapAnswer answer) => Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_standby_does_not_confirm_is_not_acknowledged_not_even_if_it_is_sent_again()
    {
        using PostgresServer server = PostgresServer.Start(isDurable: true);
        string connection = new NpgsqlConnectionStringBuilder(server.CreateDatabase()) { CommandTimeout = 2 }.ToString();
        using AuthorityProcess authority = AuthorityProcess.Start(connection, []);
        using var machine = new ClientMachine();
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client), content = machine.Export(Key(client));
        Configure("nobody");
        Task<SoapAnswer> upload = Task.Run(() => client.Ask("Upload", Part("Token", token), Part("Package", content)));
        // An administrator who ends the wait has PostgreSQL acknowledge what only the primary has.
        while (!upload.IsCompleted && server.Do("SELECT COUNT(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'") is not 1L) { }
        Assert.Equal("Unavailable", (await upload).Fault);
        client.Refused("Unavailable", "Upload", Part("Token", token), Part("Package", content));
        Configure("");
        Assert.Equal("true", client.Call("Upload", Part("Token", token), Part("Package", content)).Element(Ns + "AlreadyStored")!.Value);

        void Configure(string standby)
        {
            server.Do($"ALTER SYSTEM SET synchronous_standby_names = '{standby}'");
            server.Do("SELECT pg_reload_conf()");
        }
    }

    private static Approvals.MigrationDestination Key(SoapClient client) =>
        Approvals.AuthorityKeyDocument.Read(System.Text.Encoding.UTF8.GetString(ClientMachine.Bytes(client.Call("GetMAKey"), "Document"))).ToDestination();

    // It is in the row of the standby before anything can be confirmed.
    private static bool Replicates(PostgresServer primary)
    {
        while (primary.Do("SELECT state FROM pg_stat_replication WHERE application_name = 'standby1'") is not "streaming") { }
        return true;
    }
}

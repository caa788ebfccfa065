using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Npgsql;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>Where the database is lost, nothing is acknowledged that is not kept, and the service goes on by itself when there is one again.</summary>
public sealed class DatabaseLossTests(ServiceOfItsOwnServer lost) : IClassFixture<ServiceOfItsOwnServer>
{
    private const int Packages = 200;

    [Fact]
    public async Task Every_package_that_was_acknowledged_outlives_the_death_of_the_primary_and_the_service_goes_on_with_its_standby()
    {
        using PostgresServer primary = PostgresServer.Start(isDurable: true);
        string first = primary.CreateDatabase();
        using PostgresServer standby = PostgresServer.StartStandby(primary, "standby1");
        AwaitStandby(primary);
        primary.Do("ALTER SYSTEM SET synchronous_standby_names = 'standby1'");
        primary.Do("SELECT pg_reload_conf()");
        string connection = new NpgsqlConnectionStringBuilder(first) { Host = $"{primary.Host},{standby.Host}", TargetSessionAttributes = "primary" }.ToString();
        using AuthorityProcess authority = AuthorityProcess.Start(connection, UploadStorm.ServiceOptions);
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
        byte[] content = NewPackage();
        Client.Call("Query", Part("Token", lost.Token));
        lost.Server.Kill();
        for (int i = 0; i < 3; i++) Gone(Client.Refused("Unavailable", "Upload", Part("Token", lost.Token), Part("Package", content)));
        Gone(Client.Refused("Unavailable", "Query", Part("Token", lost.Token)));
        // What takes no database is still there.
        Client.Call("GetMAKey");
        (int code, _, string error) = lost.Authority.Run("status");
        Assert.Equal(1, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        lost.Server.PowerOn();
        Assert.Equal("false", Upload(content));
        string status = lost.Authority.Do("status");
        Assert.Contains("records, whole", status, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, string.Join('\n', lost.Authority.Log) + error + status + lost.Authority.Do("audit", "export"), StringComparison.Ordinal);
        Assert.Equal(0b110_000_000, Keys.UnixCalls.Mode(lost.Authority.Directory.ConnectionPath));

        void Gone(SoapAnswer answer) => Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_standby_does_not_confirm_is_not_acknowledged_not_even_if_it_is_sent_again()
    {
        byte[] content = NewPackage();
        Configure("nobody");
        Task<SoapAnswer> upload = Task.Run(() => Client.Ask("Upload", Part("Token", lost.Token), Part("Package", content)));
        // An administrator who ends the wait has PostgreSQL acknowledge what only the primary has.
        while (!upload.IsCompleted && lost.Server.Do("SELECT COUNT(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'") is not 1L) { }
        Assert.Equal("Unavailable", (await upload).Fault);
        Client.Refused("Unavailable", "Upload", Part("Token", lost.Token), Part("Package", content));
        Configure("");
        Assert.Equal("true", Upload(content));

        void Configure(string standby)
        {
            lost.Server.Do($"ALTER SYSTEM SET synchronous_standby_names = '{standby}'");
            lost.Server.Do("SELECT pg_reload_conf()");
        }
    }

    private SoapClient Client => lost.Client;

    private byte[] NewPackage() => lost.Machine.Export(
        Client.AuthorityKey().ToDestination());

    private string Upload(byte[] content) => Client.Call("Upload", Part("Token", lost.Token), Part("Package", content)).Element(Ns + "AlreadyStored")!.Value;

    private static void AwaitStandby(PostgresServer primary)
    {
        long started = Stopwatch.GetTimestamp();
        while (primary.Do("SELECT state FROM pg_stat_replication WHERE application_name = 'standby1'") is not "streaming")
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "The standby does not follow: " + primary.Log);
    }
}

/// <summary>A service whose database server tests may do with as they like.</summary>
public sealed class ServiceOfItsOwnServer : IDisposable
{
    public ServiceOfItsOwnServer()
    {
        // Seconds that an answer of the database may take.
        Authority = AuthorityProcess.Start(new NpgsqlConnectionStringBuilder(Server.CreateDatabase()) { CommandTimeout = 5 }.ToString(), []);
        Authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        Client = new SoapClient(Authority);
        Token = Machine.Authenticate(Client);
    }

    public PostgresServer Server { get; } = PostgresServer.Start(isDurable: true);

    public ClientMachine Machine { get; } = new();

    public AuthorityProcess Authority { get; }

    internal SoapClient Client { get; }

    internal byte[] Token { get; }

    public void Dispose()
    {
        Client.Dispose();
        Authority.Dispose();
        Machine.Dispose();
        Server.Dispose();
    }
}

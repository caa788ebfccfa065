using System;
using System.Linq;
using System.Threading.Tasks;
using Npgsql;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Vault;
using TpmMigration.Tests.Authority.Scene;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace TpmMigration.Tests.Authority;

public sealed class PostgresVaultTests(SharedPostgres postgres) : VaultTests
{
    private readonly string _connection = postgres.Server.CreateDatabase();

    protected override VaultDatabase Open() => new PostgresDatabase(_connection);

    protected override void Tamper(string sql) => postgres.Server.Do("DROP TRIGGER IF EXISTS audit_unchanged ON audit; " + sql, new NpgsqlConnectionStringBuilder(_connection).Database!);

    protected override void Cleanup() { }

    [Fact]
    public void Commits_wait_for_the_disk_whatever_the_server_has_as_its_default()
    {
        using VaultDatabase database = Open();
        database.Migrate();
        Assert.Equal("off", postgres.Server.Do("SHOW synchronous_commit"));
        Assert.Equal("on", database.Read(transaction => transaction.Query("SHOW synchronous_commit", row => row.GetString(0))).Single());
        Assert.Equal("on", database.Write(transaction => transaction.Query("SHOW synchronous_commit", row => row.GetString(0))).Single());
    }

    [Fact]
    public void Connections_that_the_server_ended_are_replaced_unnoticed()
    {
        using VaultDatabase database = Open();
        database.Migrate();
        Parallel.For(0, 8, _ => database.Read(AuditCount));
        for (int i = 0; i < 3; i++)
        {
            End();
            Parallel.For(0, 8, _ => database.Read(AuditCount));
            End();
            database.Write(transaction => { AuditLog.Append(transaction, DateTime.UtcNow, new AuditEvent { Name = "Upload", Origin = "test" }); return 0; });
        }
        Assert.Equal(3, database.Read(AuditCount));

        void End() => postgres.Server.Do($"SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = '{new NpgsqlConnectionStringBuilder(_connection).Database}'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("postgresql://tpm_ma:geheim@localhost/vault")]
    [InlineData("Host=localhost;Database=vault;Unheard=geheim")]
    [InlineData("Host=localhost;Database=vault;Port=geheim")]
    [InlineData("Host=localhost;Database=vault;Port=99999999999999;Password=geheim")]
    [InlineData("Database=vault;Password=geheim")]
    [InlineData("Host=localhost;Password=geheim")]
    [InlineData("Host=localhost;Database=vault;SSL Mode=geheim")]
    [InlineData("Host=\"localhost;Password=geheim")]
    public void A_connection_string_that_cannot_be_read_is_not_repeated(string connection)
    {
        VaultException refused = Assert.Throws<VaultException>(() => new PostgresDatabase(connection));
        Assert.Equal(VaultFault.ConnectionUnreadable, refused.Fault);
        Assert.DoesNotContain("geheim", refused.ToString(), StringComparison.Ordinal);
    }

    private static long AuditCount(VaultTransaction transaction) => transaction.Number("SELECT COUNT(*) FROM audit");
}

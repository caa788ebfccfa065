using System.Collections.Generic;
using System.IO;
using TpmMigration.Authority.Vault;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Authority;

public sealed class SqliteVaultTests : VaultTests
{
    private readonly TemporaryFolder _folder = new("tpm-ma-vault-");

    protected override VaultDatabase Open() => new SqliteDatabase(_folder["vault.db"]);

    protected override void Tamper(string sql)
    {
        using VaultDatabase database = Open();
        database.Write(transaction =>
        {
            transaction.Execute("DROP TRIGGER IF EXISTS audit_unchanged");
            transaction.Execute("DROP TRIGGER IF EXISTS audit_undeleted");
            return transaction.Execute(sql);
        });
    }

    protected override void Cleanup() => _folder.Dispose();

    [Fact]
    public void Commits_are_written_ahead_and_wait_for_the_disk()
    {
        using VaultDatabase database = Open();
        database.Migrate();
        IReadOnlyList<string> settings = database.Read(transaction => (List<string>)
        [
            .. transaction.Query("PRAGMA journal_mode", row => row.GetString(0)),
            .. transaction.Query("PRAGMA synchronous", row => row.GetValue(0).ToString()!),
        ]);
        Assert.Equal(["wal", "2"], settings);
        Assert.True(File.Exists(_folder["vault.db"]));
    }
}

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Data.Common;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>What must hold of every kind of database that the vault can have.</summary>
public abstract class VaultTests : IDisposable
{
    private static readonly DateTime s_time = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly Lazy<VaultDatabase> _database;

    protected VaultTests() => _database = new Lazy<VaultDatabase>(() =>
    {
        VaultDatabase database = Open();
        database.Migrate();
        return database;
    });

    /// <summary>One more connection to the same database.</summary>
    protected abstract VaultDatabase Open();

    /// <summary>Makes changes as somebody would who can reach the database around the program.</summary>
    protected abstract void Tamper(string sql);

    private VaultDatabase Database => _database.Value;

    public void Dispose()
    {
        if (_database.IsValueCreated) Database.Dispose();
        Cleanup();
        GC.SuppressFinalize(this);
    }

    protected abstract void Cleanup();

    [Fact]
    public void Bringing_the_schema_up_to_date_again_changes_nothing_and_a_later_one_is_refused()
    {
        Append(3);
        Database.Migrate();
        using VaultDatabase again = Open();
        again.Migrate();
        Assert.Equal(3, Verify().Records);
        Database.Write(transaction => transaction.Execute("INSERT INTO schema_version (version) VALUES (99)"));
        Assert.Throws<VaultException>(again.Migrate);
    }

    [Fact]
    public void A_database_of_an_older_release_is_brought_to_the_next_with_all_that_is_in_it_and_the_older_refuses_it_then()
    {
        byte[] client = [1, 2, 3], content = SecretBytes.Random(1000);
        PackageEntry entry = Entry(client, content);
        Database.Write(transaction => { PackageVault.Add(transaction, entry, new StoredContent(content, [4]), [[5]]); return 0; });
        Append(3);
        using VaultDatabase next = Open();
        next.Migrate([.. VaultSchema.Steps, ["ALTER TABLE package ADD COLUMN weight BIGINT NULL", "UPDATE package SET weight = size * 2"], ["CREATE TABLE later (one INTEGER)"]]);
        Assert.Equal(2000, next.Read(transaction => transaction.Number("SELECT weight FROM package")));
        Assert.Equal(0, next.Read(transaction => transaction.Number("SELECT COUNT(*) FROM later")));
        Assert.Equal(content, next.Read(transaction => PackageVault.Content(transaction, client, entry.Id))!.Content);
        Assert.Equal((3, (string?)null), (Verify().Records, Verify().Problem));
        Assert.Equal(VaultFault.LaterRelease, Assert.Throws<VaultException>(Database.Migrate).Fault);
    }

    [Fact]
    public void A_step_that_fails_leaves_the_database_as_it_was()
    {
        Append(2);
        using VaultDatabase next = Open();
        Assert.ThrowsAny<DbException>(() => next.Migrate([.. VaultSchema.Steps, ["CREATE TABLE later (one INTEGER)"], ["UPDATE nothing SET one = 1"]]));
        Database.Migrate();
        Assert.ThrowsAny<DbException>(() => next.Read(transaction => transaction.Number("SELECT COUNT(*) FROM later")));
        Assert.Equal((2, (string?)null), (Verify().Records, Verify().Problem));
    }

    [Fact]
    public void Of_instances_that_bring_it_up_to_date_at_the_same_time_one_does_it()
    {
        string[][] steps = [.. VaultSchema.Steps, ["ALTER TABLE package ADD COLUMN weight BIGINT NULL"]];
        VaultDatabase[] instances = [Open(), Open(), Open(), Open()];
        Parallel.ForEach(instances, instance => instance.Migrate(steps));
        Assert.Equal(1, instances[0].Read(transaction => transaction.Number("SELECT COUNT(*) FROM schema_version")));
        Parallel.ForEach(instances, instance => instance.Migrate([.. steps, ["CREATE TABLE later (one INTEGER)"]]));
        Assert.Equal(2, instances[0].Read(transaction => transaction.Number("SELECT COUNT(*) FROM schema_version")));
        foreach (VaultDatabase instance in instances) instance.Dispose();
    }

    [Fact]
    public void Clients_are_blocked_packages_held_and_wrapped_anew_and_what_late_uploads_say_is_found()
    {
        byte[] client = [.. Enumerable.Range(0, 34).Select(i => (byte)i)], other = [.. client.Reverse()], newer = [9, 9];
        Assert.True(Write(transaction => ClientVault.Block(transaction, other, "Stolen", s_time)));
        Assert.False(Write(transaction => ClientVault.Block(transaction, other, "Again", s_time)));
        Database.Write(transaction => { ClientRegister.Proved(transaction, client, [1], s_time); return 0; });
        Assert.True(Write(transaction => ClientVault.Block(transaction, client, "Lost", s_time)));
        Assert.True(Database.Read(transaction => ClientVault.IsBlocked(transaction, client)));
        Assert.True(Write(transaction => ClientVault.Unblock(transaction, client)));
        Assert.False(Write(transaction => ClientVault.Unblock(transaction, client)));
        Assert.Equal("Stolen", Assert.Single(Database.Read(transaction => ClientVault.Page(transaction, [], onlyBlocked: true, 10))).BlockReason);
        Assert.Equal([client, other], Database.Read(transaction => ClientVault.Page(transaction, [], onlyBlocked: false, 10)).Select(entry => entry.Name));

        PackageEntry[] packages = [Entry(client, [1]), Entry(client, [2]), Entry(client, [3])];
        foreach (PackageEntry package in packages) Database.Write(transaction => { PackageVault.Add(transaction, package, new StoredContent([1], [4]), [[5]]); return 0; });
        Assert.Equal((3, 2), Database.Read(transaction => (ClientVault.Totals(transaction).Packages, ClientVault.Totals(transaction).Clients)));
        Assert.True(Write(transaction => PackageHolds.Hold(transaction, packages[0], "Why", s_time)));
        Assert.False(Write(transaction => PackageHolds.Hold(transaction, packages[0], "Again", s_time)));
        Assert.Equal("Why", Database.Read(transaction => PackageVault.Find(transaction, client, packages[0].Id))!.HoldReason);
        Assert.True(Write(transaction => PackageHolds.End(transaction, packages[0])));
        Assert.False(Write(transaction => PackageHolds.End(transaction, packages[0])));

        byte[] older = packages[0].StorageKey;
        IReadOnlyList<PackagePosition> first = Database.Read(transaction => PackageRewraps.Page(transaction, older, null, 2)), second = Database.Read(transaction => PackageRewraps.Page(transaction, older, first[^1], 2));
        Assert.Equal(packages.Select(package => package.Id.ToString()).Order(StringComparer.Ordinal), first.Concat(second).Select(position => position.Id.ToString()));
        Assert.True(Write(transaction => PackageRewraps.Replace(transaction, packages[1] with { StorageKey = newer }, older, new StoredContent([7], [8]))));
        Assert.False(Write(transaction => PackageRewraps.Replace(transaction, packages[1] with { StorageKey = newer }, older, new StoredContent([6], [6]))));
        Assert.Equal([7], Database.Read(transaction => PackageVault.Content(transaction, client, packages[1].Id))!.Content);
        Assert.Equal((2, 1), Database.Read(transaction => (PackageRewraps.Count(transaction, older), PackageRewraps.Count(transaction, newer))));

        Assert.Null(Database.Read(transaction => LateUploads.Last(transaction, older)));
        Database.Write(transaction => { AuditLog.Append(transaction, s_time, new AuditEvent { Name = "Upload", Origin = "test", Detail = "1 keys, " + LateUploads.Detail(older) }); return 0; });
        Assert.Equal(s_time, Database.Read(transaction => LateUploads.Last(transaction, older)));
        Assert.Null(Database.Read(transaction => LateUploads.Last(transaction, newer)));

        bool Write(Func<VaultTransaction, bool> work) => Database.Write(work);
    }

    [Fact]
    public void Administrators_are_listed_once_each()
    {
        var entry = new Administrator([1, 2], AdministratorRole.Approver, "CN=A", [3], s_time, "test", "why");
        Assert.True(Database.Write(transaction => AdministratorList.Add(transaction, entry)));
        Assert.False(Database.Write(transaction => AdministratorList.Add(transaction, entry with { Role = AdministratorRole.Operator })));
        Assert.Equal(AdministratorRole.Approver, Database.Read(transaction => AdministratorList.Find(transaction, [1, 2]))!.Role);
        Assert.Single(Database.Read(AdministratorList.All));
        Assert.True(Database.Write(transaction => AdministratorList.Remove(transaction, [1, 2])));
        Assert.False(Database.Write(transaction => AdministratorList.Remove(transaction, [1, 2])));
    }

    [Fact]
    public void What_fails_half_way_changes_nothing()
    {
        byte[] client = [1, 2, 3];
        Assert.Throws<InvalidOperationException>(() => Database.Write<bool>(transaction =>
        {
            PackageVault.Add(transaction, Entry(client, [5, 6]), new StoredContent([5, 6], [4]), [[7]]);
            AuditLog.Append(transaction, s_time, new AuditEvent { Name = "Upload", Origin = "test" });
            throw new InvalidOperationException("half way");
        }));
        Assert.Equal((0, 0), Database.Read(PackageVault.Count));
        Assert.Equal(0, Verify().Records);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Writes_that_wait_at_the_same_time_share_a_commit_and_each_changes_all_or_nothing(bool databaseRefusesOne, bool later)
    {
        const int First = 100, Fails = 3, Refused = 4;
        const string Insert = "INSERT INTO note (id) VALUES (@id)";
        Database.Write(transaction => transaction.Execute("CREATE TABLE note (id INTEGER PRIMARY KEY)"));
        using var began = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var seen = new ConcurrentBag<VaultTransaction>();
        Task<int> first = Start(() => Database.Write(transaction =>
        {
            began.Set();
            go.Wait(TestContext.Current.CancellationToken);
            return Note(transaction, First);
        }));
        began.Wait(TestContext.Current.CancellationToken);
        Task<int>[] others = [.. Enumerable.Range(1, 6).Select(i => Start(() => Database.Write(transaction =>
        {
            seen.Add(transaction);
            Note(transaction, i);
            if (i == Fails) throw new InvalidOperationException("It thought better of it.");
            if (i == Refused && databaseRefusesOne)
            {
                if (later) transaction.Later(Insert, ("id", First));
                else Note(transaction, First);
            }
            return i;
        })))];
        Assert.True(SpinWait.SpinUntil(() => Database.WaitingWrites == others.Length, TimeSpan.FromSeconds(30)));
        go.Set();
        await Task.WhenAll([first, .. others]).ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);

        int[] refused = databaseRefusesOne ? [Fails, Refused] : [Fails];
        Assert.Equal([1, 2, 3, 4, 5, 6], others.Select((task, i) => refused.Contains(i + 1) ? i + 1 : task.Result));
        Assert.IsType<InvalidOperationException>(others[Fails - 1].Exception!.InnerException);
        if (databaseRefusesOne) Assert.IsAssignableFrom<DbException>(others[Refused - 1].Exception!.InnerException);
        else Assert.Single(seen.Distinct());
        Assert.Equal([.. Enumerable.Range(1, 6).Except(refused), First], Database.Read(transaction => transaction.Query("SELECT id FROM note ORDER BY id", row => row.GetInt32(0))));

        static int Note(VaultTransaction transaction, int id) => transaction.Execute(Insert, ("id", id));
        static Task<int> Start(Func<int> work) => Task.Factory.StartNew(work, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    [Fact]
    public void What_is_left_for_later_is_there_for_what_follows_and_what_is_refused_of_it_changes_nothing()
    {
        Database.Write(transaction => transaction.Execute("CREATE TABLE note (id INTEGER PRIMARY KEY)"));
        Database.Write(transaction =>
        {
            Note(transaction, 1);
            Note(transaction, 2);
            Assert.Equal(2, transaction.Number("SELECT COUNT(*) FROM note"));
            Note(transaction, 3);
            Assert.Equal(2, transaction.Execute("DELETE FROM note WHERE id > @id", ("id", 1)));
            Note(transaction, 4);
            return 0;
        });
        Assert.Equal([1, 4], Notes());
        Assert.ThrowsAny<DbException>(() => Database.Write(transaction =>
        {
            Note(transaction, 5);
            Note(transaction, 1);
            return 0;
        }));
        Assert.Equal([1, 4], Notes());

        static void Note(VaultTransaction transaction, int id) => transaction.Later("INSERT INTO note (id) VALUES (@id)", ("id", id));
        IReadOnlyList<int> Notes() => Database.Read(transaction => transaction.Query("SELECT id FROM note ORDER BY id", row => row.GetInt32(0)));
    }

    [Fact]
    public void Bytes_come_back_as_they_went_in_and_are_gone_when_deleted()
    {
        byte[] client = [.. Enumerable.Range(0, 34).Select(i => (byte)i)], content = SecretBytes.Random(100_000);
        PackageEntry entry = Entry(client, content);
        Database.Write(transaction =>
        {
            ClientRegister.Proved(transaction, client, [8], s_time);
            PackageVault.Add(transaction, entry, new StoredContent(content, [7]), [[9], [9], [10]]);
            return 0;
        });
        Assert.Equal(content, Database.Read(transaction => PackageVault.Content(transaction, client, entry.Id))!.Content);
        Assert.Equivalent(entry, Database.Read(transaction => PackageVault.Find(transaction, client, entry.Id)), strict: true);
        Assert.Equivalent(entry, Assert.Single(Database.Read(transaction => PackageVault.ByNames(transaction, [9], [10], 5))), strict: true);
        Assert.Empty(Database.Read(transaction => PackageVault.ByNames(transaction, [9], [11], 5)));
        Assert.Equal((1, content.Length), Totals());
        Assert.Null(Database.Read(transaction => PackageVault.Find(transaction, [0], entry.Id)));
        Database.Write(transaction => { PackageVault.Delete(transaction, entry, s_time); return 0; });
        Assert.Equal((0, 0), Totals());
        Assert.Null(Database.Read(transaction => PackageVault.Content(transaction, client, entry.Id)));
        Assert.Equal(s_time, Database.Read(transaction => PackageVault.Find(transaction, client, entry.Id))!.Deleted);

        (long, long) Totals() => Database.Read(transaction => ClientVault.Find(transaction, client)) is { } entry ? (entry.Packages, entry.Bytes) : default;
    }

    [Fact]
    public void A_challenge_is_used_once_by_however_many_instances_at_a_time()
    {
        Database.Migrate();
        byte[] id = SecretBytes.Random(16);
        VaultDatabase[] instances = [Open(), Open(), Open(), Open()];
        int used = 0;
        Parallel.ForEach(instances, instance =>
        {
            if (UsedChallenges.Use(instance, id, s_time.AddMinutes(2), s_time)) System.Threading.Interlocked.Increment(ref used);
        });
        Assert.Equal(1, used);
        foreach (VaultDatabase instance in instances) instance.Dispose();
    }

    [Fact]
    public void The_audit_trail_is_one_chain_though_several_instances_write_it()
    {
        Database.Migrate();
        VaultDatabase[] instances = [Open(), Open(), Open()];
        Parallel.ForEach(instances, instance =>
        {
            for (int i = 0; i < 20; i++)
                instance.Write(transaction => { AuditLog.Append(transaction, s_time, new AuditEvent { Name = "Upload", Origin = "test" }); return 0; });
        });
        Assert.Equal((60, (string?)null), (Verify().Records, Verify().Problem));
        foreach (VaultDatabase instance in instances) instance.Dispose();
    }

    [Theory]
    [InlineData("UPDATE audit SET outcome = 'Success' WHERE sequence = 3")]
    [InlineData("UPDATE audit SET client = digest WHERE sequence = 5")]
    [InlineData("UPDATE audit SET time = time + 1 WHERE sequence = 1")]
    [InlineData("DELETE FROM audit WHERE sequence = 2")]
    [InlineData("DELETE FROM audit WHERE sequence = 5")]
    [InlineData("DELETE FROM audit")]
    public void The_audit_trail_is_not_changed_and_if_it_is_that_is_found(string sql)
    {
        Append(5);
        Assert.ThrowsAny<DbException>(() => Database.Write(transaction => transaction.Execute(sql)));
        Assert.Null(Verify().Problem);
        Tamper(sql);
        Assert.NotNull(Verify().Problem);
    }

    [Fact]
    public void A_trail_that_was_cut_off_and_written_anew_is_found_by_a_head_that_is_known()
    {
        Append(5);
        byte[] known = Verify().Head;
        Append(2);
        Assert.Null(Database.Read(transaction => AuditLog.Verify(transaction, known)).Problem);
        Tamper("DELETE FROM audit WHERE sequence > 3");
        Tamper("UPDATE audit_head SET sequence = 3, digest = (SELECT digest FROM audit WHERE sequence = 3)");
        Append(4);
        Assert.Null(Verify().Problem);
        Assert.NotNull(Database.Read(transaction => AuditLog.Verify(transaction, known)).Problem);
    }

    [Fact]
    public void Whatever_text_is_noted_stays_as_it_was_noted()
    {
        Database.Write(transaction =>
        {
            AuditLog.Append(transaction, s_time, new AuditEvent { Name = "Upload", Origin = "\0\u001B[31m", Detail = "\uD800 " + new string('\u20AC', 5000), Subject = "a\nb" });
            return 0;
        });
        Assert.Null(Verify().Problem);
        AuditRecord record = Assert.Single(Database.Read(transaction => AuditLog.Last(transaction, 1).ToList()));
        Assert.Equal(("??[31m", "a?b"), (record.Event.Origin, record.Event.Subject));
    }

    private AuditVerdict Verify() => Database.Read(transaction => AuditLog.Verify(transaction, null));

    private void Append(int count)
    {
        for (int i = 0; i < count; i++)
            Database.Write(transaction => { AuditLog.Append(transaction, s_time, new AuditEvent { Name = "Upload", Origin = "test", Outcome = "PackageConflict", Detail = $"number {i}" }); return 0; });
    }

    /// <summary>What is known of a package with a content.</summary>
    internal static PackageEntry Entry(byte[] client, byte[] content) => new()
    {
        Client = client,
        Id = Guid.NewGuid(),
        Digest = TpmHash.Digest(TpmAlgId.Sha256, content),
        Size = content.Length,
        Keys = 1,
        Purpose = "Migrate",
        SourceHost = "host",
        Created = s_time,
        Received = s_time,
        IsReturnable = true,
        StorageKey = [11, 12],
    };
}

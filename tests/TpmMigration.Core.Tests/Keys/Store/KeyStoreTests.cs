using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Victim;
using Xunit;

namespace TpmMigration.Tests.Keys.Store;

public sealed class KeyStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("store-");

    private string Root => _folder["keys"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_committed_is_found_again()
    {
        KeyStore store = KeyStore.Open(Root);
        KeyRecord record = SampleKeys.Record("Vpn gateway") with
        {
            Parent = new KeyParent("Site", [0, 11, 1, 2, 3]),
        };
        TpmKeyFile keyFile = SampleKeys.KeyFile("Vpn gateway");
        store.Commit([KeyChange.Add(record, keyFile)]);

        StoredKey found = Assert.IsType<KeyStoreEntry>(KeyStore.Open(Root).Find("vpn GATEWAY")).Require();
        Assert.Equal(record.Name, found.Record.Name);
        Assert.Equal(record.Created, found.Record.Created);
        Assert.Equal(record.Origin, found.Record.Origin);
        Assert.Equal(record.Description, found.Record.Description);
        Assert.Equal("Site", found.Record.Parent.KeyName);
        Assert.Equal(record.Parent.TpmName, found.Record.Parent.TpmName);
        Assert.Equal(record.PolicyBranches, found.Record.PolicyBranches);
        Assert.Equal(keyFile.ToDer(), found.KeyFile.ToDer());
        Assert.Equal(record.PolicyBranches, found.KeyFile.DuplicationPolicy);
    }

    [Fact]
    public void Looking_into_a_store_that_is_not_there_finds_nothing_and_creates_nothing()
    {
        KeyStore store = KeyStore.Open(Root);
        Assert.Empty(store.Enumerate());
        Assert.Null(store.Find("Alpha"));
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void A_commit_with_one_impossible_change_changes_nothing()
    {
        StoreState.WriteOld(Root);
        KeyStore store = KeyStore.Open(Root);
        (KeyChange[] Changes, KeyStoreFault Fault)[] cases =
        [
            ([SampleKeys.Add("New"), SampleKeys.Add("ALPHA")], KeyStoreFault.KeyExists),
            ([SampleKeys.Add("New"), SampleKeys.Replace("Missing", 2)], KeyStoreFault.KeyNotFound),
            ([SampleKeys.Add("New"), KeyChange.Delete("Missing")], KeyStoreFault.KeyNotFound),
            ([SampleKeys.Add("New"), SampleKeys.Add("../escape")], KeyStoreFault.InvalidName),
        ];
        foreach ((KeyChange[] changes, KeyStoreFault fault) in cases)
        {
            Assert.Equal(fault, Assert.Throws<KeyStoreException>(() => store.Commit(changes)).Fault);
            Assert.Equal(StoreState.Old, StoreState.Of(Root));
            StoreState.AssertNoStrayFiles(Root);
        }
        Assert.Throws<ArgumentException>(() => store.Commit([SampleKeys.Add("Twice"), SampleKeys.Add("twice")]));
        Assert.Throws<KeyFileException>(() => store.Commit([SampleKeys.Add("New"), KeyChange.Add(SampleKeys.Record("Bad"), SampleKeys.KeyFile("Bad") with { Private = [0, 9, 1] })]));
        Assert.Throws<ArgumentException>(() => store.Commit([SampleKeys.Add("New"), KeyChange.Add(SampleKeys.Record("Bad") with { Description = "bell \a" }, SampleKeys.KeyFile("Bad"))]));
        Assert.Equal(StoreState.Old, StoreState.Of(Root));
        StoreState.AssertNoStrayFiles(Root);
    }

    [Fact]
    public void A_key_keeps_the_case_of_its_name_when_it_is_replaced()
    {
        StoreState.WriteOld(Root);
        KeyStore.Open(Root).Commit([SampleKeys.Replace("ALPHA", 2)]);
        KeyStoreEntry entry = KeyStore.Open(Root).Enumerate().First();
        Assert.Equal(("Alpha", "Alpha"), (entry.Name, entry.Require().Record.Name));
        Assert.Equal("version 2 of <ALPHA>", entry.Require().Record.Description);
        StoreState.AssertNoStrayFiles(Root);
    }

    public static TheoryData<string, Action<string>> Damages => new()
    {
        { "not the one its record was written for", r => File.Copy(Path.Combine(r, "Gamma.pem"), Path.Combine(r, "Beta.pem"), overwrite: true) },
        { "record is that of the key 'Gamma'", r => File.Copy(Path.Combine(r, "Gamma.xml"), Path.Combine(r, "Beta.xml"), overwrite: true) },
        { "record is missing", r => File.Delete(Path.Combine(r, "Beta.xml")) },
        { "key file is missing", r => File.Delete(Path.Combine(r, "Beta.pem")) },
        { "checksum", r => Edit(r, "Beta.xml", t => t.Replace("version 1", "version 7", StringComparison.Ordinal)) },
        { "does not agree with its checksum", r => Edit(r, "Beta.xml", t => t + "<!-- x -->") },
        { "DTD is prohibited", r => Edit(r, "Beta.xml", t => t.Replace("<key ", "<!DOCTYPE key [<!ENTITY a \"b\">]><key ", StringComparison.Ordinal)) },
        { "is not usable", r => Edit(r, "Beta.xml", t => t[..(t.Length / 2)]) },
        { "is not usable", r => File.WriteAllText(Path.Combine(r, "Beta.xml"), "") },
        { "expected in line", r => Edit(r, "Beta.xml", t => t.Replace("origin", "Origin", StringComparison.Ordinal)) },
        { "<key> expected", r => Edit(r, "Beta.xml", t => t.Replace("record:1", "record:2", StringComparison.Ordinal)) },
        { "not the one its record was written for", r => Edit(r, "Beta.pem", t => t + "\n") },
        { "bytes, more than", r => File.WriteAllBytes(Path.Combine(r, "Beta.pem"), new byte[70_000]) },
        { "is a link", r => Relink(r, "Beta.pem") },
        { "is a link", r => Relink(r, "Beta.xml") },
        { "a folder is in the place", r => { File.Delete(Path.Combine(r, "Beta.pem")); Directory.CreateDirectory(Path.Combine(r, "Beta.pem")); } },
    };

    [Theory]
    [MemberData(nameof(Damages), DisableDiscoveryEnumeration = true)]
    public void A_damaged_key_is_reported_and_the_others_are_not_concerned(string expected, Action<string> damage)
    {
        ArgumentNullException.ThrowIfNull(damage);
        StoreState.WriteOld(Root);
        damage(Root);
        KeyStoreEntry[] entries = KeyStore.Open(Root).Enumerate().ToArray();
        Assert.Equal(["Alpha", "Beta", "Delta", "Gamma"], entries.Select(e => e.Name));
        Assert.Equal(["Beta"], entries.Where(e => e.IsDamaged).Select(e => e.Name));
        KeyStoreException problem = Assert.Throws<KeyStoreException>(() => KeyStore.Open(Root).Find("Beta")!.Require());
        Assert.Equal((KeyStoreFault.KeyDamaged, "Beta"), (problem.Fault, problem.KeyName));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);

        if (Directory.Exists(Path.Combine(Root, "Beta.pem")))
        {
            Assert.Equal(KeyStoreFault.KeyDamaged, Assert.Throws<KeyStoreException>(() => KeyStore.Open(Root).Commit([KeyChange.Delete("Beta")])).Fault);
            return;
        }
        KeyStore.Open(Root).Commit([SampleKeys.Replace("Beta", 1)]);
        Assert.Equal(StoreState.Old, StoreState.Of(Root));
    }

    [Fact]
    public void A_link_in_the_place_of_a_key_is_replaced_and_not_written_through()
    {
        StoreState.WriteOld(Root);
        string outside = Relink(Root, "Beta.pem");
        string before = File.ReadAllText(outside);
        KeyStore.Open(Root).Commit([SampleKeys.Replace("Beta", 2)]);
        Assert.Equal(before, File.ReadAllText(outside));
        Assert.Null(new FileInfo(Path.Combine(Root, "Beta.pem")).LinkTarget);
    }

    [Fact]
    public void Files_that_are_no_keys_are_left_alone()
    {
        StoreState.WriteOld(Root);
        File.WriteAllText(Path.Combine(Root, "README.txt"), "hello");
        Assert.Equal(StoreState.Old, StoreState.Of(Root));
        Assert.True(File.Exists(Path.Combine(Root, "README.txt")));
    }

    [Fact]
    public void Keys_that_differ_in_case_only_are_not_both_used()
    {
        StoreState.WriteOld(Root);
        foreach (string extension in new[] { ".pem", ".xml" }) File.Copy(Path.Combine(Root, "Beta" + extension), Path.Combine(Root, "beta" + extension));
        KeyStoreEntry[] entries = KeyStore.Open(Root).Enumerate().ToArray();
        Assert.Equal(["beta"], entries.Where(e => e.IsDamaged).Select(e => e.Name));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_folder_and_its_files_are_for_their_owner_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access control lists instead.");
        StoreState.WriteOld(Root);
        const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerFile | UnixFileMode.UserExecute, File.GetUnixFileMode(Root));
        Assert.All(Directory.GetFiles(Root), f => Assert.Equal(OwnerFile, File.GetUnixFileMode(f)));

        File.SetUnixFileMode(Root, (UnixFileMode)0x1FF);
        KeyStore.Open(Root);
        Assert.Equal(OwnerFile | UnixFileMode.UserExecute, File.GetUnixFileMode(Root));
    }

    [Fact]
    public void The_folder_of_another_user_is_refused()
    {
        if (Environment.UserName != "root") Assert.Skip("Only root can give a folder away.");
        StoreState.WriteOld(Root);
        using (var chown = System.Diagnostics.Process.Start("chown", ["65534", Root])) chown.WaitForExit();
        KeyStoreException refusal = Assert.Throws<KeyStoreException>(() => KeyStore.Open(Root));
        Assert.Equal(KeyStoreFault.AccessDenied, refusal.Fault);
        Assert.Contains("chown", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_refused()
    {
        File.WriteAllText(Root, "");
        Assert.Equal(KeyStoreFault.AccessDenied, Assert.Throws<KeyStoreException>(() => KeyStore.Open(Root)).Fault);
    }

    [Fact]
    public void The_environment_names_the_default_folder()
    {
        string? before = Environment.GetEnvironmentVariable("TPMMIGRATION_STORE");
        try
        {
            Environment.SetEnvironmentVariable("TPMMIGRATION_STORE", Root);
            Assert.Equal(Root, KeyStore.Open().FolderPath);
            Environment.SetEnvironmentVariable("TPMMIGRATION_STORE", null);
            Assert.EndsWith(OperatingSystem.IsWindows() ? @"TpmMigration\keys" : "/var/lib/tpm-migration", KeyStore.DefaultPath, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("TPMMIGRATION_STORE", before);
        }
    }

    [Fact]
    public void Thousands_of_keys_are_committed_at_once_and_listed()
    {
        const int Count = 2000;
        KeyStore store = KeyStore.Open(Root);
        store.Commit(Enumerable.Range(0, Count).Select(i => SampleKeys.Add($"Key {i:0000}")).ToArray());
        long before = GC.GetAllocatedBytesForCurrentThread();
        using IEnumerator<KeyStoreEntry> entries = store.Enumerate().GetEnumerator();
        Assert.True(entries.MoveNext());
        long perKey = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        Assert.InRange(perKey, 1000, 6000);
        int seen = 1;
        while (entries.MoveNext()) seen += entries.Current.IsDamaged ? 0 : 1;
        Assert.Equal(Count, seen);
    }

    [Fact]
    public void The_last_export_of_each_key_is_remembered_and_an_unreadable_line_is_none()
    {
        KeyStore store = KeyStore.Open(Root);
        Assert.Empty(store.LastExports());
        store.Commit([KeyChange.Add(SampleKeys.Record("Alpha"), SampleKeys.KeyFile("Alpha"))]);
        var first = new KeyExport(new DateTime(2025, 5, 1, 8, 30, 0, DateTimeKind.Utc), Guid.NewGuid(), [0, 11, 9], "host\tb");
        KeyExport second = first with { PackageId = Guid.NewGuid(), DestinationHost = "host-c" };

        store.NoteExport([[1], [2]], first);
        store.NoteExport([[2]], second);
        File.AppendAllText(Path.Combine(Root, ".exports"), "nonsense\n");

        IReadOnlyDictionary<string, KeyExport> exports = KeyStore.Open(Root).LastExports();
        Assert.Equal(2, exports.Count);
        Assert.Equal((first.Time, first.PackageId, "host\tb"), (KeyStore.LastExportOf(exports, [1])!.Time, KeyStore.LastExportOf(exports, [1])!.PackageId, KeyStore.LastExportOf(exports, [1])!.DestinationHost));
        Assert.Equal(second.PackageId, KeyStore.LastExportOf(exports, [2])!.PackageId);
        Assert.Null(KeyStore.LastExportOf(exports, [3]));
        Assert.Single(KeyStore.Open(Root).Enumerate());
    }

    private static void Edit(string root, string file, Func<string, string> edit) =>
        File.WriteAllText(Path.Combine(root, file), edit(File.ReadAllText(Path.Combine(root, file))));

    private static string Relink(string root, string file)
    {
        string path = Path.Combine(root, file), outside = root + "-outside-" + file;
        File.Move(path, outside);
        File.CreateSymbolicLink(path, outside);
        return outside;
    }
}

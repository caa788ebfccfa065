using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Victim;
using Xunit;

namespace TpmMigration.Tests.Keys.Store;

public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("full-");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(FailingStoreFiles.NoSpace, KeyStoreFault.DiskFull)]
    [InlineData(FailingStoreFiles.InputOutputError, KeyStoreFault.InputOutput)]
    public void A_disk_that_fails_anywhere_leaves_the_old_store_or_a_decided_change(int error, KeyStoreFault fault)
    {
        int decided = 0;
        for (int first = 0; ; first++)
        {
            string path = _folder[$"{first}"];
            StoreState.WriteOld(path);
            var files = new FailingStoreFiles(first, error);
            KeyStore store = KeyStore.Open(path, new KeyStoreOptions { Files = files });
            if (Record.Exception(() => store.Commit(SampleKeys.ManyChanges())) is not { } exception) break;

            KeyStoreException failure = Assert.IsType<KeyStoreException>(exception);
            bool unfinished = failure.Fault == KeyStoreFault.CommitUnfinished;
            Assert.True(unfinished || failure.Fault == fault, failure.Message);
            if (!unfinished) Assert.Equal(0, decided);
            if (unfinished) decided++;
            if (!unfinished) Assert.False(File.Exists(Path.Combine(path, ".journal")));
            Assert.Equal(unfinished ? StoreState.New : StoreState.Old, StoreState.Of(path));
            StoreState.AssertNoStrayFiles(path);
        }
        Assert.True(decided > 10, $"{decided}");
    }

    [Fact]
    public void A_really_full_disk_keeps_the_old_store()
    {
        string disk = Directory.CreateDirectory(_folder["disk"]).FullName;
        if (!Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk)) Assert.Skip("Mounting a small disk needs root.");
        try
        {
            string path = Path.Combine(disk, "keys");
            StoreState.WriteOld(path);
            KeyStore store = KeyStore.Open(path);
            KeyStoreException failure = Assert.Throws<KeyStoreException>(() => store.Commit(Enumerable.Range(0, 200).Select(i => SampleKeys.Add($"Key {i}")).ToArray()));
            Assert.Equal(KeyStoreFault.DiskFull, failure.Fault);
            Assert.Equal(StoreState.Old, StoreState.Of(path));
            StoreState.AssertNoStrayFiles(path);
            store.Commit(SampleKeys.ManyChanges());
            Assert.Equal(StoreState.New, StoreState.Of(path));
        }
        finally
        {
            Assert.True(Run("umount", disk));
        }
    }

    [Fact]
    public void A_damaged_journal_stops_the_store_and_says_so()
    {
        string path = _folder["journal"];
        StoreState.WriteOld(path);
        File.WriteAllText(Path.Combine(path, ".journal"), "tpm-migration store journal 1\ndelete - ../x.pem\nend 00\n");
        Assert.Equal(KeyStoreFault.StoreDamaged, Assert.Throws<KeyStoreException>(() => KeyStore.Open(path)).Fault);
        File.Delete(Path.Combine(path, ".journal"));
        Assert.Equal(StoreState.Old, StoreState.Of(path));
    }

    [Fact]
    public void A_decided_change_whose_content_got_lost_is_not_begun()
    {
        string path = _folder["lost"];
        StoreState.WriteOld(path);
        byte[] journal = StoreJournal.Write([new StoreFileChange("Alpha.pem", null), new StoreFileChange("Beta.pem", new string('0', 64))]);
        File.WriteAllBytes(Path.Combine(path, ".journal"), journal);
        KeyStoreException refusal = Assert.Throws<KeyStoreException>(() => KeyStore.Open(path));
        Assert.Equal(KeyStoreFault.StoreDamaged, refusal.Fault);
        Assert.Contains("Beta.pem", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(path, "Alpha.pem")));
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

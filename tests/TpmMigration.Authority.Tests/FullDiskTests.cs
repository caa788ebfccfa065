using System;
using System.IO;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>A disk without room refuses packages and loses none; with room again, the service goes on.</summary>
public sealed class FullDiskTests
{
    private const int DiskBytes = 3 * 1024 * 1024;

    [Fact]
    public void A_full_disk_makes_the_service_unavailable_until_there_is_room_again()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can make a small disk.");
        using var disk = new SmallDisk(DiskBytes);
        using var authority = new AuthorityProcess { DataPath = disk["data"] };
        authority.Init();
        authority.Serve();
        using var machine = new ClientMachine();
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        byte[] kept = Package(), refused = Package();
        Upload(kept);
        disk.Fill();
        // Until it has used up what it had reserved before.
        SoapAnswer answer;
        int more = 0;
        while ((answer = client.Ask("Upload", Part("Token", token), Part("Package", refused))).Fault == null)
        {
            more++;
            refused = Package();
        }
        Assert.Equal("Unavailable", answer.Fault);
        Assert.DoesNotContain("disk", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(0, authority.Run("backup", disk["backup"]).ExitCode);
        Assert.False(File.Exists(disk["backup"]));
        disk.Free();
        Assert.Equal("false", Upload(refused));
        Assert.Equal("true", Upload(kept));
        Assert.Contains($"Packages:            {more + 2} of 1 clients", authority.Do("status"), StringComparison.Ordinal);
        Assert.Contains("records, whole", authority.Do("status"), StringComparison.Ordinal);

        byte[] Package() => machine.Export(client.AuthorityKey().ToDestination());

        string Upload(byte[] package) => client.Call("Upload", Part("Token", token), Part("Package", package)).Element(Ns + "AlreadyStored")!.Value;
    }

    /// <summary>A file system of its own, in memory.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly TemporaryFolder _folder = new("tpm-ma-disk-");

        internal SmallDisk(int bytes)
        {
            try
            {
                ToolRunner.Run("mount", "-t", "tmpfs", "-o", FormattableString.Invariant($"size={bytes},mode=0700"), "none", _folder.FullPath);
            }
            catch (ToolFailedException e)
            {
                _folder.Dispose();
                Assert.Skip("This machine lets nobody mount anything: " + e.Message);
            }
        }

        internal string this[string name] => _folder[name];

        internal void Fill()
        {
            using var file = new FileStream(this["filler"], FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                for (byte[] page = new byte[4096]; ;) file.Write(page);
            }
            catch (IOException)
            {
                // Full.
            }
        }

        internal void Free() => File.Delete(this["filler"]);

        public void Dispose()
        {
            ToolRunner.Run("umount", "--lazy", _folder.FullPath);
            _folder.Dispose();
        }
    }
}

using System.Diagnostics;
using System.IO;
using System.Management.Automation;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>A key store that cannot be used, or not to the end; the disk and the system are real.</summary>
public sealed class StoreFaultTests(Scene scene) : SceneTests(scene)
{
    [Fact]
    public void A_store_of_someone_else_is_not_used()
    {
        using var folder = new TemporaryFolder("theirs-");
        if (!Succeeds("chown", "12345", folder.FullPath)) Assert.Skip("Giving a folder to another user needs root.");
        Expect.Error(
            ErrorOf("New-TpmMigratableKey X -Store $theirs", folder.FullPath), "KeyStore.AccessDenied", ErrorCategory.PermissionDenied,
            $"The folder '{folder.FullPath}' belongs to another user, who could change the keys in it.", "X");
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public void A_full_disk_keeps_what_was_there()
    {
        using var folder = new TemporaryFolder("full-");
        if (!Succeeds("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder.FullPath)) Assert.Skip("Mounting a small disk needs root.");
        try
        {
            ModuleSessionResult result = Scene.Run(
                "param($Theirs) 1..100 | New-TpmMigratableKey -Store $Theirs/keys | ForEach-Object { $_.Name }", new { Theirs = folder.FullPath });
            Expect.Error(Assert.Single(result.Errors), "KeyStore.DiskFull", ErrorCategory.LimitsExceeded, "There is no space left for the key store", $"{result.Output.Count + 1}");
            Assert.InRange(result.Output.Count, 1, 50);
            Assert.Equal(result.Output.Count, Scene.Run("param($Theirs) Get-TpmKey -Store $Theirs/keys", new { Theirs = folder.FullPath }).ThrowIfFailed().Output.Count);
        }
        finally
        {
            Assert.True(Succeeds("umount", folder.FullPath));
        }
    }

    [Fact]
    public void A_file_system_that_takes_no_files_is_told_with_its_reason() => Expect.Error(
        ErrorOf("New-TpmMigratableKey X -Store $theirs", "/proc/tpm-migration"), "KeyStore.InputOutput", ErrorCategory.WriteError, "nothing was changed", "X");

    [Fact]
    public void A_damaged_key_is_named_and_the_others_are_listed()
    {
        using var folder = new TemporaryFolder("damaged-");
        Scene.Run("param($Theirs) $null = 'One', 'Two' | New-TpmMigratableKey -Store $Theirs", new { Theirs = folder.FullPath }).ThrowIfFailed();
        File.AppendAllText(folder["One.pem"], "x");
        ModuleSessionResult result = Scene.Run("param($Theirs) Get-TpmKey -Store $Theirs", new { Theirs = folder.FullPath });
        Expect.Error(Assert.Single(result.Errors), "KeyStore.KeyDamaged", ErrorCategory.InvalidData, "'One'", "One");
        Assert.Equal("Two", Assert.Single(result.Output).Properties["Name"].Value);
    }

    [Fact]
    public void A_damaged_journal_stops_every_command()
    {
        using var folder = new TemporaryFolder("journal-");
        File.WriteAllText(folder[".journal"], "nonsense");
        Expect.Error(ErrorOf("New-TpmMigratableKey X -Store $theirs", folder.FullPath), "KeyStore.StoreDamaged", ErrorCategory.WriteError, ".journal' is not usable", "X");
    }

    private ErrorRecord ErrorOf(string script, string folder)
    {
        Scene.Run("param($Theirs) $global:theirs = $Theirs", new { Theirs = folder }).ThrowIfFailed();
        return Scene.ErrorOf(script);
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

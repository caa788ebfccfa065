using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Xml.Linq;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>
/// Ctrl+C in the middle of many keys: the command ends at once, nothing stays loaded in the TPM, and what is stored is as before or as
/// after, never between.
/// </summary>
public sealed class InterruptTests(Scene scene) : SceneTests(scene)
{
    // Enough that each command takes seconds also on a fast machine, and so is at work still when it tells of its progress.
    private const int ManyKeys = 2000;

    // A second, and what a process takes to end on a loaded machine.
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(3);

    [Fact]
    public void Stops_the_making_of_keys_and_leaves_nothing_loaded()
    {
        string output = Interrupt(
            "1..100000 | ForEach-Object { \"R$_\" } | New-TpmMigratableKey @on | ForEach-Object { [Console]::WriteLine($_.Name) }", host => Assert.Equal("R1", host.ReadLine()));
        Assert.DoesNotContain("R100000", output, StringComparison.Ordinal);
        Assert.Contains("R1", Scene.Names());
    }

    [Fact]
    public void A_host_that_stops_the_pipeline_gets_it_back_at_once()
    {
        using var script = new RunningScript(Scene.Session, "1..100000 | ForEach-Object { \"H$_\" } | New-TpmMigratableKey");
        script.WaitForFirstOutput();
        TimeSpan taken = script.Stop();
        Assert.Equal(PSInvocationState.Stopped, script.State);
        Assert.InRange(taken, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(string.Empty, Scene.Loaded().Trim());
        string[] made = [.. Scene.Names().Where(name => name.StartsWith('H'))];
        Assert.Equal(Enumerable.Range(1, made.Length).Select(number => $"H{number}").Order(StringComparer.OrdinalIgnoreCase), made.Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Stops_approving_exporting_and_importing_with_nothing_half_done()
    {
        Scene.Run($"1..{ManyKeys} | ForEach-Object {{ \"Many$_\" }} | New-TpmMigratableKey").ThrowIfFailed();
        string approvals = Path.Combine(Scene.Files, "approvals"), package = Path.Combine(Scene.Files, "many.package.xml");
        Scene.Run("""[IO.File]::WriteAllText("$files/here.xml", $here.Document)""").ThrowIfFailed();
        string before = Scene.State();

        Interrupt(
            $"Get-TpmKey Many* @on | Approve-TpmMigration -Destination '{Scene.Files}/here.xml' -Reason Test -Path '{approvals}' @on -WarningAction Ignore | ForEach-Object {{ [Console]::WriteLine($_.KeyName) }}",
            host => Assert.StartsWith("Many", host.ReadLine(), StringComparison.Ordinal));
        string[] written = Directory.GetFiles(approvals);
        Assert.InRange(written.Length, 1, ManyKeys - 1);
        Assert.All(written, file =>
        {
            Assert.EndsWith(".approval.xml", file, StringComparison.Ordinal);
            Assert.Equal("MigrationApproval", XDocument.Load(file).Root!.Name.LocalName);
        });
        Directory.Delete(approvals, recursive: true);
        Assert.Equal(before, Scene.State());

        string export = $"Get-TpmKey Many* @on | Export-TpmMigrationPackage -Destination '{Scene.Files}/here.xml' -Reason Test -Path '{package}' @on";
        Interrupt(export, WaitForProgress);
        Assert.Equal(before, Scene.State()); // No package, no beginning of one, and no note of an export in the store.

        Scene.Run("""param($Package) $null = Get-TpmKey Many* | Export-TpmMigrationPackage -Destination $here -Reason Test -Path $Package""", new { Package = package }).ThrowIfFailed();
        before = Scene.State();
        Interrupt($"$new = @{{}}; 1..{ManyKeys} | ForEach-Object {{ $new[\"Many$_\"] = \"New$_\" }}; Import-TpmMigrationPackage '{package}' -NewName $new @on", WaitForProgress);
        Assert.Equal(before, Scene.State());
    }

    private static void WaitForProgress(HostProcess host)
    {
        string? line, told = null;
        do
        {
            line = host.ReadErrorLine();
            Assert.True(line != null, "It ended without progress: " + told);
            told += line + "\n";
        }
        while (!line.StartsWith("PROGRESS: ", StringComparison.Ordinal));
    }

    /// <summary>Runs a script in a process, sends the signal of Ctrl+C once it is at work, and checks how it ends.</summary>
    private string Interrupt(string script, Action<HostProcess> waitUntilAtWork)
    {
        using HostProcess host = HostProcess.Start("-ShowProgress", "-Command", $$"""
            Import-Module '{{Repository.Module}}'
            $on = @{ Tpm = '{{Scene.Tpm.ConnectionString}}'; Store = '{{Scene.Store}}' }
            {{script}}
            """);
        waitUntilAtWork(host);
        var watch = Stopwatch.StartNew();
        host.Interrupt();
        HostProcess.Result result = host.WaitForEnd();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_atOnce);
        Assert.Equal(130, result.ExitCode);
        Assert.Equal(string.Empty, Scene.Loaded().Trim());
        return result.Output;
    }
}

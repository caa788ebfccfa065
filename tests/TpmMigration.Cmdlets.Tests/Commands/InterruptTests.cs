using System;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Ctrl+C in the middle of many keys.</summary>
public sealed class InterruptTests(Scene scene) : SceneTests(scene)
{
    [Fact]
    public void Stops_the_making_of_keys_and_leaves_nothing_loaded()
    {
        using HostProcess host = HostProcess.Start("-Command", $$"""
            Import-Module '{{Repository.Module}}'
            1..100000 | ForEach-Object { "R$_" } | New-TpmMigratableKey -Tpm '{{Scene.Tpm.ConnectionString}}' -Store '{{Scene.Store}}' | ForEach-Object { [Console]::WriteLine($_.Name) }
            """);
        Assert.Equal("R1", host.ReadLine());
        host.Interrupt();
        HostProcess.Result result = host.WaitForEnd();
        Assert.Equal(130, result.ExitCode);
        Assert.DoesNotContain("R100000", result.Output, StringComparison.Ordinal);
        Assert.Contains("R1", Scene.Names());
    }
}

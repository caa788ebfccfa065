using System;
using System.IO;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Tools;

public sealed class PowerShellHostTests : IDisposable
{
    private readonly string _script = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N") + ".ps1");

    [Theory]
    [InlineData("'done'", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("throw 'broken'", 1)]
    [InlineData("if (", 1)]
    public void A_script_gives_its_exit_code(string text, int exitCode)
    {
        File.WriteAllText(_script, text);
        Assert.Equal(exitCode, HostProcess.Run("-NoProfile", "-File", _script).ExitCode);
    }

    [Fact]
    public void Arguments_bind_as_on_a_command_line()
    {
        File.WriteAllText(_script, "param([string] $Name, [switch] $Loud, [int] $Count) \"$Name/$Loud/$Count\"");
        Assert.Equal(["it's $x/True/4"], HostProcess.Run("-File", _script, "it's $x", "-Loud", "-Count:4").Lines);
    }

    [Fact]
    public void An_unhandled_error_is_told_on_standard_error_with_its_place()
    {
        File.WriteAllText(_script, "'before'\nthrow 'the reason'");
        HostProcess.Result result = HostProcess.Run("-File", _script);
        Assert.Equal(["before"], result.Lines);
        Assert.Contains("the reason", result.Error, StringComparison.Ordinal);
        Assert.Contains($"{_script}:2", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y\n", "True")]
    [InlineData("n\n", "False")]
    public void A_confirmation_is_read_from_standard_input(string answer, string expected)
    {
        File.WriteAllText(_script, "[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param() \"`n$($PSCmdlet.ShouldProcess('x'))\"");
        Assert.Equal(expected, HostProcess.RunWithInput(answer, "-File", _script).Lines[^1]);
    }

    [Fact]
    public void Interrupting_stops_the_pipeline_runs_its_finally_block_and_exits_with_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no signal to send to another console process.");
        File.WriteAllText(_script, "try { [Console]::WriteLine('ready'); while ($true) { } } finally { [Console]::WriteLine('cleaned') }");
        using HostProcess host = HostProcess.Start("-File", _script);
        Assert.Equal("ready", host.ReadLine());
        host.Interrupt();
        HostProcess.Result result = host.WaitForEnd();
        Assert.Equal(["cleaned"], result.Lines);
        Assert.Equal(130, result.ExitCode);
    }

    [Fact]
    public void An_unknown_argument_is_refused_with_the_usage()
    {
        HostProcess.Result result = HostProcess.Run("-Bogus");
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("Usage:", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_script);
}

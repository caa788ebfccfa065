using System;
using System.IO;
using TpmMigration.Testing;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

public sealed class TpmConnectionTests
{
    [Theory]
    [InlineData("tbs")]
    [InlineData("tbs:")]
    [InlineData("device")]
    [InlineData("device:/dev/tpmrm0")]
    [InlineData("swtpm")]
    [InlineData("swtpm:")]
    [InlineData("swtpm:host=127.0.0.1,port=2321")]
    [InlineData("swtpm:port=1")]
    [InlineData("swtpm:host=tpm.example,port=65535")]
    [InlineData("swtpm:host=::1,port=2321,ctrl-port=9")]
    [InlineData("swtpm:host=[::1]")]
    [InlineData("swtpm:path=/run/x.sock")]
    [InlineData("swtpm:path=/run/x.sock,ctrl-path=/run/y.sock")]
    [InlineData("mssim")]
    [InlineData("mssim:host=127.0.0.1,port=65534")]
    public void The_known_forms_are_accepted(string connection) =>
        Assert.Equal(connection, TpmConnection.Parse(" " + connection + "\n").ToString());

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("   ", "is empty")]
    [InlineData("pcap", "no known kind")]
    [InlineData("/dev/tpmrm0", "no known kind")]
    [InlineData("TBS", "no known kind")]
    [InlineData("tbs:0", "takes nothing")]
    [InlineData("swtpm:host", "key=value")]
    [InlineData("swtpm:=1", "key=value")]
    [InlineData("swtpm:port=1,", "key=value")]
    [InlineData("swtpm:port=", "no value for 'port'")]
    [InlineData("swtpm:port=0", "1 to 65535")]
    [InlineData("swtpm:port=65536", "1 to 65535")]
    [InlineData("swtpm:port=+1", "1 to 65535")]
    [InlineData("swtpm:port=0x911", "1 to 65535")]
    [InlineData("swtpm:port=1,port=2", "'port' twice")]
    [InlineData("swtpm:ctrl-port=x", "'ctrl-port'")]
    [InlineData("swtpm:host=a b", "no host")]
    [InlineData("swtpm:prot=1", "'prot', which has no meaning here")]
    [InlineData("swtpm:path=/x,port=1", "'port', which has no meaning with 'path'")]
    [InlineData("swtpm:path=/x,ctrl-port=1", "'ctrl-port', which has no meaning with 'path'")]
    [InlineData("mssim:port=65535", "1 to 65534")]
    [InlineData("mssim:path=/x", "'path', which has no meaning here")]
    public void Anything_else_is_refused_with_what_is_wrong_and_what_would_be_right(string connection, string problem)
    {
        var error = Assert.Throws<TpmConnectionStringException>(() => TpmConnection.Parse(connection));
        Assert.Equal(connection, error.Connection);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains("swtpm:host=127.0.0.1,port=2321", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_path_that_no_system_can_open_is_refused() =>
        Assert.Contains("107", Assert.Throws<TpmConnectionStringException>(
            () => TpmConnection.Parse("swtpm:path=/" + new string('x', 107))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_given_connection_goes_before_the_environment_and_that_before_the_platform()
    {
        Assert.Equal("swtpm:port=1", TpmConnection.Choose("swtpm:port=1", "swtpm:port=2").ToString());
        Assert.Equal("swtpm:port=2", TpmConnection.Choose(null, "swtpm:port=2").ToString());
        Assert.Equal("swtpm:port=2", TpmConnection.Choose("", "swtpm:port=2").ToString());
        Assert.Same(TpmConnection.Platform, TpmConnection.Choose(null, null));
        Assert.Equal(OperatingSystem.IsWindows() ? "tbs" : "device", TpmConnection.Platform.ToString());
    }

    [Fact]
    public void No_TPM_is_an_error_of_its_own()
    {
        int port = FreePorts.FindConsecutive(2);
        Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open($"swtpm:host=127.0.0.1,port={port}"));
        Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open("swtpm:host=no-such-host.invalid"));
        Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open($"mssim:host=127.0.0.1,port={port}"));
        Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open("swtpm:path=/nowhere/tpm.sock"));
        Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open("device:/dev/no-such-tpm"));
        Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open("device:" + Path.Combine(Path.GetTempPath(), "nowhere", "tpm")));
    }

    [Fact]
    public void TBS_elsewhere_than_on_Windows_is_no_TPM()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "This is Windows.");
        Assert.Contains("Windows only", Assert.Throws<TpmNotFoundException>(() => TpmConnection.Open("tbs")).Message, StringComparison.Ordinal);
    }
}

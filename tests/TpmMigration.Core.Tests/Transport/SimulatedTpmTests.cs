using System;
using System.IO;
using System.Linq;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Transport;

public sealed class SimulatedTpmTests
{
    [Theory]
    [InlineData(SimulatedTpmInterface.Tcp)]
    [InlineData(SimulatedTpmInterface.UnixSocket)]
    [InlineData(SimulatedTpmInterface.Mssim)]
    public void Tools_reach_the_machine_one_after_the_other(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        for (int i = 0; i < 3; i++) Assert.Equal(16, machine.Tool("tpm2_getrandom", "--hex", "8").Trim().Length);
    }

    [Theory]
    [InlineData(SimulatedTpmInterface.Tcp)]
    [InlineData(SimulatedTpmInterface.Mssim)]
    public void The_second_tool_stack_reaches_the_machine(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        Assert.Contains("randomBytes", machine.Tool("tssgetrandom", "-by", "8"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_tool_is_an_error_with_what_it_said()
    {
        using var machine = SimulatedTpm.Start();
        var error = Assert.Throws<ToolFailedException>(() => machine.Tool("tpm2_readpublic", "-c", "0x81000001"));
        Assert.Contains("0x81000001", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.StandardError);
    }

    [Theory]
    [InlineData(SimulatedTpmInterface.Tcp)]
    [InlineData(SimulatedTpmInterface.UnixSocket)]
    public void A_restart_keeps_persistent_objects_and_the_address(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        machine.Tool("tpm2_createprimary", "-C", "o", "-G", "ecc", "-c", "srk.ctx");
        machine.Tool("tpm2_evictcontrol", "-C", "o", "-c", "srk.ctx", "0x81000001");
        string address = machine.ConnectionString;
        int process = machine.ProcessId;
        machine.Restart();
        Assert.Equal(address, machine.ConnectionString);
        Assert.NotEqual(process, machine.ProcessId);
        Assert.Contains("name-alg", machine.Tool("tpm2_readpublic", "-c", "0x81000001"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certified_machine_has_EKs_of_its_own_with_certificates_that_verify()
    {
        using var one = SimulatedTpm.StartCertified();
        using var other = SimulatedTpm.StartCertified();
        foreach (SimulatedTpm machine in new[] { one, other })
        {
            machine.Tool("tpm2_nvread", "-C", "o", "-o", "ek.der", "0x01C00002");
            machine.Tool("openssl", "x509", "-inform", "DER", "-in", "ek.der", "-out", "ek.pem");
            Assert.Contains("OK", machine.Tool(
                "openssl", "verify", "-ignore_critical", "-CAfile", SimulatedManufacturer.RootCertificatePath,
                "-untrusted", SimulatedManufacturer.IssuerCertificatePath, "ek.pem"), StringComparison.Ordinal);
            machine.Tool("tpm2_readpublic", "-c", "0x81010016", "-o", "ek.pub");
        }
        Assert.False(File.ReadAllBytes(Path.Combine(one.WorkDirectory, "ek.pub"))
            .SequenceEqual(File.ReadAllBytes(Path.Combine(other.WorkDirectory, "ek.pub"))));
    }

    [Fact]
    public void A_machine_leaves_nothing_behind()
    {
        var machine = SimulatedTpm.Start();
        string folder = machine.StateDirectory;
        machine.Dispose();
        Assert.False(Directory.Exists(Path.GetDirectoryName(folder)));
        Assert.Throws<InvalidOperationException>(() => machine.ProcessId);
    }
}

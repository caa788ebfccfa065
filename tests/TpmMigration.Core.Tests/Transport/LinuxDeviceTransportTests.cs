using System;
using System.Threading;
using TpmMigration.Testing;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

public sealed class LinuxDeviceTransportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Commands_reach_the_TPM_behind_the_device_and_their_responses_come_back()
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport behind = TpmConnection.Open(machine.ConnectionString);
        using var terminal = new PseudoTerminal();
        using ITpmTransport tpm = TpmConnection.Open("device:" + terminal.Path);
        for (byte size = 1; size <= 8; size++)
        {
            byte[] response = Exchange(tpm, terminal, Frames.GetRandom(size), command => behind.Transmit(command, Cancellation));
            Assert.Equal(Frames.Success, Frames.Code(response));
            Assert.Equal(12 + size, response.Length);
        }
        byte[] capability = Exchange(tpm, terminal, Frames.GetCommands(), command => behind.Transmit(command, Cancellation));
        Assert.True(capability.Length > 400);
    }

    [Theory]
    [InlineData("80010000000900000000", "size of 9")]
    [InlineData("80030000000A00000000", "begins with 0x8003")]
    [InlineData("80010000000A0000000000", "more than one response")]
    public void What_is_no_response_is_an_error_and_the_transport_stays_failed(string hexadecimal, string problem)
    {
        using var terminal = new PseudoTerminal();
        using var tpm = LinuxDeviceTransport.Open(terminal.Path);
        var error = Assert.Throws<TpmTransportException>(
            () => Exchange(tpm, terminal, Frames.GetRandom(4), _ => Convert.FromHexString(hexadecimal)));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains("before", Assert.Throws<TpmTransportException>(
            () => tpm.Transmit(Frames.GetRandom(4), Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_returns_nothing_is_an_error()
    {
        using var tpm = LinuxDeviceTransport.Open("/dev/null");
        Assert.Contains("before it was complete", Assert.Throws<TpmTransportException>(
            () => tpm.Transmit(Frames.GetRandom(4), Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_refuses_the_command_is_an_error()
    {
        using var tpm = LinuxDeviceTransport.Open("/dev/full");
        Assert.Contains("failed", Assert.Throws<TpmTransportException>(
            () => tpm.Transmit(Frames.GetRandom(4), Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_no_TPM()
    {
        using var folder = new TemporaryFolder("no-tpm-");
        Assert.Throws<TpmTransportException>(() => LinuxDeviceTransport.Open(folder.FullPath));
    }

    private static byte[] Exchange(ITpmTransport tpm, PseudoTerminal terminal, byte[] command, Func<byte[], byte[]> execute)
    {
        byte[] received = [];
        var device = new Thread(() =>
        {
            byte[] buffer = new byte[command.Length];
            terminal.Device.ReadExactly(buffer);
            received = buffer;
            terminal.Device.Write(execute(buffer));
        });
        device.Start();
        try
        {
            return tpm.Transmit(command, Cancellation);
        }
        finally
        {
            device.Join();
            Assert.Equal(command, received);
        }
    }
}

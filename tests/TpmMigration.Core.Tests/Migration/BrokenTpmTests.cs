using System;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>A TPM that is not there, goes away or talks nonsense, at every command of every piece of work.</summary>
public sealed class BrokenTpmTests
{
    [Fact]
    public void No_TPM_at_the_address_is_an_error_of_its_own()
    {
        TpmNotFoundException error = Assert.Throws<TpmNotFoundException>(() => TpmDevice.Open(FormattableString.Invariant($"swtpm:host=127.0.0.1,port={FreePorts.FindConsecutive(2)}")));
        Assert.Contains("No TPM at", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Work.Create, TpmFault.HangUp)]
    [InlineData(Work.Create, TpmFault.NoResponse)]
    [InlineData(Work.Create, TpmFault.Nonsense)]
    [InlineData(Work.Approve, TpmFault.HangUp)]
    [InlineData(Work.Approve, TpmFault.NoResponse)]
    [InlineData(Work.Approve, TpmFault.Nonsense)]
    [InlineData(Work.Export, TpmFault.HangUp)]
    [InlineData(Work.Export, TpmFault.NoResponse)]
    [InlineData(Work.Export, TpmFault.Nonsense)]
    [InlineData(Work.Import, TpmFault.HangUp)]
    [InlineData(Work.Import, TpmFault.NoResponse)]
    [InlineData(Work.Import, TpmFault.Nonsense)]
    [InlineData(Work.Rehearse, TpmFault.HangUp)]
    [InlineData(Work.Rehearse, TpmFault.NoResponse)]
    [InlineData(Work.Rehearse, TpmFault.Nonsense)]
    public void A_TPM_that_fails_at_any_command_leaves_store_and_TPM_as_they_were(Work work, TpmFault fault)
    {
        using var scene = new Scene();
        Machine machine = scene.MachineOf(work);
        string[] before = Scene.Kept(machine);
        int failures = 0;
        for (int faulty = 0; ; faulty++)
        {
            using var tpm = new FaultyTpm(machine.Tpm, faulty, fault);
            Exception? error = scene.Attempt(work, () => new RetryTransport(TpmConnection.Open(tpm.ConnectionString)), TestContext.Current.CancellationToken);
            Scene.AssertNothingLoaded(machine);
            if (error == null) break;
            Assert.True(tpm.HasFailed);
            Assert.True(IsExpected(error, fault), $"Command {faulty}: {error}");
            Assert.True(before.AsSpan().SequenceEqual(Scene.Kept(machine)), $"Command {faulty} changed what is kept: {string.Join(", ", Scene.Kept(machine))}");
            failures++;
        }
        Assert.True(failures >= 4, $"Only {failures} failures.");
    }

    [Fact]
    public void A_TPM_that_loses_power_is_an_error_and_nothing_is_stored()
    {
        using var machine = new Machine();
        using (var device = TpmDevice.Open(machine.Tpm.ConnectionString, TestContext.Current.CancellationToken))
        using (var loader = new KeyLoader(device, machine.Store, new KeyPasswords()))
        {
            Assert.NotNull(loader.Session);
            machine.Tpm.Kill();
            Assert.ThrowsAny<TpmTransportException>(() => KeyCreator.Create(loader, new NewKey { Name = "k", Role = KeyRole.Sign, Algorithm = KeyAlgorithm.EccP256 }, new KeyPasswords()));
        }
        Assert.Empty(machine.StoredNames());
        machine.Tpm.Restart();
        Scene.AssertNothingLoaded(machine);
    }

    private static bool IsExpected(Exception error, TpmFault fault) => fault == TpmFault.Nonsense ? error is TpmWireException : error is TpmTransportException;
}

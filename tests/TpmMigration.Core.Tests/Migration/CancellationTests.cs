using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Ctrl+C, as the engine sees it, at every TPM command.</summary>
public sealed class CancellationTests
{
    [Theory]
    [InlineData(Work.Create, true)]
    [InlineData(Work.Create, false)]
    [InlineData(Work.Approve, true)]
    [InlineData(Work.Approve, false)]
    [InlineData(Work.Export, true)]
    [InlineData(Work.Export, false)]
    [InlineData(Work.Import, true)]
    [InlineData(Work.Import, false)]
    [InlineData(Work.Rehearse, true)]
    [InlineData(Work.Rehearse, false)]
    public void Work_cancelled_at_any_command_stops_and_leaves_nothing_behind(Work work, bool before)
    {
        using var scene = new Scene();
        Machine machine = scene.MachineOf(work);
        string[] kept = Scene.Kept(machine);
        for (int number = 0; ; number++)
        {
            using var source = new CancellationTokenSource();
            CancellingTransport? transport = null;
            Exception? error = scene.Attempt(
                work, () => new RetryTransport(transport = new CancellingTransport(TpmConnection.Open(machine.Tpm.ConnectionString), source, number, before)), source.Token);
            Scene.AssertNothingLoaded(machine);
            if (error == null)
            {
                // Too late to stop anything: all that came after was cleaning up.
                Assert.All(transport!.Sent.Skip(number + 1), code => Assert.Equal(TpmCc.FlushContext, code));
                Assert.True(number >= 4, $"Only {number} commands could be cancelled.");
                break;
            }
            Assert.True(error is OperationCanceledException, $"Command {number}: {error}");
            Assert.Equal(kept, Scene.Kept(machine));
        }
    }

    private sealed class CancellingTransport(ITpmTransport inner, CancellationTokenSource source, int number, bool before) : TransportDecorator(inner)
    {
        internal List<TpmCc> Sent { get; } = [];

        public override byte[] Transmit(byte[] command, CancellationToken cancellation)
        {
            bool due = Sent.Count == number;
            Sent.Add((TpmCc)((command[8] << 8) | command[9]));
            if (due && before) source.Cancel();
            byte[] response = Inner.Transmit(command, cancellation);
            if (due) source.Cancel();
            return response;
        }
    }
}

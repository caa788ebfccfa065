using System;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Fuzz.Engine;
using Xunit;

namespace TpmMigration.Tests.Authority.Fuzz;

/// <summary>The service is fed with changed messages for a while. docs/fuzzing.md says what that means.</summary>
public sealed class MessageFuzzTests(ITestOutputHelper output)
{
    private const int Seconds = 15, Seed = 20_260_131;

    [Fact]
    public async Task Whatever_message_comes_is_answered_or_refused_with_a_fault()
    {
        using var target = new MessageTarget();
        var options = new FuzzOptions { Time = TimeSpan.FromSeconds(Seconds), Seed = Seed };
        FuzzReport report = await Task.Factory.StartNew(() => FuzzRun.Start(target, options), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        output.WriteLine(report.ToString());
        Assert.True(report.Findings.Count == 0, $"seed {report.Seed}: {string.Join(Environment.NewLine, report.Findings)}");
        // A run in which nothing is read, or everything ends at the same place, tests nothing.
        Assert.True(report.Inputs > 100 && report.Outcomes.Count > 20, report.ToString());
    }

    [Fact]
    public void The_messages_to_begin_from_get_as_far_as_they_are_to()
    {
        using var target = new MessageTarget();
        int answered = 0;
        foreach (byte[] seed in target.Seeds())
        {
            if (target.Run(seed).Contains("message: 200", StringComparison.Ordinal)) answered++;
        }
        // In two versions: both about the service, one authentication begun, and the queries. The others are refused behind all that reads them.
        Assert.Equal(10, answered);
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Fuzz.Targets;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Fuzz;

/// <summary>Each reader is fed with changed inputs for a while, the same as far as time allows. docs/fuzzing.md tells how to run it for longer, with others.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    /// <summary>How long the readers are fed, all at the same time.</summary>
    private const int Seconds = 30;

    private const int Seed = 20_260_131;

    private static readonly Lazy<Dictionary<string, Task<FuzzReport>>> s_runs = new(() => FuzzTargets.Names.ToDictionary(name => name, Start));

    public static TheoryData<string> Targets => new(FuzzTargets.Names);

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task A_reader_keeps_its_promises_whatever_it_is_fed(string target)
    {
        FuzzReport report = await s_runs.Value[target];
        output.WriteLine(report.ToString());
        Assert.True(report.Findings.Count == 0, $"seed {report.Seed}: {string.Join(Environment.NewLine, report.Findings)}");
        // A run in which nothing is read, or everything ends at the same place, tests nothing.
        Assert.True(report.Inputs > 100 && report.Outcomes.Count > 20, report.ToString());
    }

    private static Task<FuzzReport> Start(string target)
    {
        var options = new FuzzOptions { Time = TimeSpan.FromSeconds(Seconds), Seed = Seed };
        return Task.Factory.StartNew(() => FuzzRun.Start(FuzzTargets.Find(target)!, options), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}

/// <summary>The fuzzer itself: what it finds, and that what it once found stays mended.</summary>
public sealed class FuzzerTests
{
    private static readonly string s_vectors = Path.Combine(RepositoryFolder.Path, "tests", "vectors", "fuzz");

    /// <summary>Inputs that once broke a reader; the file's name begins with the target's.</summary>
    public static TheoryData<string> OnceFound => new(Directory.GetFiles(s_vectors, "*.bin").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(OnceFound))]
    public void What_once_broke_a_reader_does_so_no_more(string file) =>
        Assert.NotEmpty(FuzzTargets.Find(file.Split('-')[0])!.Run(File.ReadAllBytes(Path.Combine(s_vectors, file))));

    [Fact]
    public void All_inputs_to_begin_from_are_read_without_an_error()
    {
        foreach (string name in FuzzTargets.Names)
        {
            FuzzTarget target = FuzzTargets.Find(name)!;
            foreach (byte[] seed in target.Seeds())
            {
                // Of what may be a key file, one reader knows what it is, and the others say so.
                string outcome = target.Run(seed);
                string[] outcomes = outcome.Split(" | ");
                Assert.True(name == "keyfile" ? outcomes.Count(IsError) == outcomes.Length - 1 : !IsError(outcome), outcome);
            }
        }
    }

    [Fact]
    public void An_error_that_was_not_promised_is_a_finding_once_for_each_place()
    {
        FuzzReport report = FuzzRun.Start(new Breaking(input => throw new FormatException($"{input.Length}")), Moment);
        Assert.Contains("System.FormatException", Assert.Single(report.Findings).What, StringComparison.Ordinal);
        Assert.True(report.Inputs > 1);
    }

    [Fact]
    public void Much_memory_for_a_small_input_is_a_finding()
    {
        FuzzReport report = FuzzRun.Start(new Breaking(_ => $"{new byte[64 * 1024 * 1024].Length > 0}"), Moment);
        Assert.StartsWith("It allocated", Assert.Single(report.Findings).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_promised_error_is_an_outcome_and_one_derived_from_it_is_not()
    {
        Assert.Equal("r: IOException at # of '", Outcome.Of("r", () => throw new IOException("at 0x12AB of 'x'"), typeof(IOException)));
        Assert.Throws<FileNotFoundException>(() => Outcome.Of("r", () => throw new FileNotFoundException(), typeof(IOException)));
    }

    private static FuzzOptions Moment => new() { Time = TimeSpan.FromMilliseconds(200), Seed = 1 };

    private static bool IsError(string outcome) => outcome.Split(' ')[1].EndsWith("Exception", StringComparison.Ordinal);

    private sealed class Breaking(Func<byte[], string> read) : FuzzTarget
    {
        public override string Name => "breaking";

        public override IReadOnlyList<byte[]> Seeds() => [[1, 2, 3]];

        public override byte[] Mutate(Random random, byte[] input, byte[] other) => [(byte)random.Next(256)];

        public override string Run(byte[] input) => read(input);
    }
}

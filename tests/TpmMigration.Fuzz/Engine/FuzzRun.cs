using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;

namespace TpmMigration.Fuzz.Engine;

/// <summary>
/// Feeds a reader with changed inputs for a time, keeps those that show something new (a branch, or else an outcome) and begins from them again.
/// What breaks the reader is a finding: an error of a type it does not promise, or too much time or memory for one input.
/// </summary>
public sealed class FuzzRun
{
    private static readonly TimeSpan s_pulse = TimeSpan.FromSeconds(30);

    private readonly FuzzTarget _target;
    private readonly FuzzOptions _options;
    private readonly Random _random;
    private readonly Coverage _coverage = new();
    private readonly List<byte[]> _kept = [];
    private readonly HashSet<string> _places = new(StringComparer.Ordinal);
    private readonly FuzzReport _report;
    private byte[] _current = [];

    private FuzzRun(FuzzTarget target, FuzzOptions options)
    {
        _target = target;
        _options = options;
        _random = new Random(options.Seed);
        _report = new FuzzReport { Target = target.Name, Seed = options.Seed };
        if (options.Corpus != null) Directory.CreateDirectory(options.Corpus);
        if (options.Findings != null) Directory.CreateDirectory(options.Findings);
    }

    /// <summary>Runs for the time given, and a moment longer for the last input. An input that does not end is a finding, and ends the run.</summary>
    public static FuzzReport Start(FuzzTarget target, FuzzOptions options)
    {
        var run = new FuzzRun(target, options);
        var worker = new Thread(run.Loop) { IsBackground = true, Name = "fuzz " + target.Name };
        worker.Start();
        if (!worker.Join(options.Time + 12 * target.MostTime))
            run.Report(new Finding("An input does not end.", run._current));
        return run._report;
    }

    private void Loop()
    {
        using LastInput? last = _options.Findings == null ? null : new LastInput(Path.Combine(_options.Findings, _target.Name + LastInput.Extension), 2 * _target.MostInput);
        var clock = Stopwatch.StartNew();
        TimeSpan pulse = s_pulse;
        foreach (byte[] seed in _target.Seeds().Concat(Kept())) Try(seed, last, keep: true);
        while (clock.Elapsed < _options.Time)
        {
            byte[] input = _target.Mutate(_random, Pick(), Pick());
            if (input.Length <= _target.MostInput) Try(input, last, keep: false);
            _report.Time = clock.Elapsed;
            if (clock.Elapsed < pulse) continue;
            pulse += s_pulse;
            _options.Log(_report.ToString());
        }
        _report.Time = clock.Elapsed;
    }

    private IEnumerable<byte[]> Kept() => _options.Corpus == null ? [] : Directory.GetFiles(_options.Corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    // What was kept lately leads on more often than what was kept early.
    private byte[] Pick()
    {
        int recent = Math.Max(1, _kept.Count / 4);
        return _kept[_random.Next(2) == 0 ? _random.Next(_kept.Count) : _kept.Count - 1 - _random.Next(recent)];
    }

    private void Try(byte[] input, LastInput? last, bool keep)
    {
        _current = input;
        last?.Set(input);
        _report.Inputs++;
        Coverage.Clear();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        bool isNew = false, failed = false;
        try
        {
            isNew = Count(_target.Run(input));
        }
        // Whatever it is: that nothing but what is promised comes out is what is tested.
        catch (Exception e)
        {
            failed = true;
            Report(new Finding($"{e.GetType().FullName} at {Place(e)}: {e.Message}", input), Outcome.Shape(e.GetType().FullName + Place(e)));
        }
        TimeSpan time = Stopwatch.GetElapsedTime(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (!failed && time > _target.MostTime && IsSlow(input))
            Report(new Finding(FormattableString.Invariant($"It took {time.TotalSeconds:0.0} s."), input), "time");
        if (allocated > _target.MostAllocated(input.Length))
            Report(new Finding(FormattableString.Invariant($"It allocated {allocated} bytes for {input.Length} bytes of input."), input), "memory");
        bool isBranch = _coverage.Update();
        _report.Branches = _coverage.Count;
        // Outcomes lead where there are no branches to lead; with both, inputs would be kept that only combine known ones.
        bool isNews = Coverage.IsAttached && _coverage.Count > 0 ? isBranch : isNew;
        if (isNews || keep) Keep(input, store: isNews);
    }

    /// <summary>Whether an input is slow each time, and the processor at work on it: a busy machine alone is not the reader's fault.</summary>
    private bool IsSlow(byte[] input)
    {
        for (int times = 0; times < 3; times++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long began = Stopwatch.GetTimestamp();
            _target.Run(input);
            if (Stopwatch.GetElapsedTime(began) <= _target.MostTime || Environment.CpuUsage.TotalTime - before <= _target.MostTime) return false;
        }
        return true;
    }

    private bool Count(string outcome)
    {
        bool isNew = !_report.Outcomes.TryGetValue(outcome, out long times);
        _report.Outcomes[outcome] = times + 1;
        return isNew;
    }

    private void Keep(byte[] input, bool store)
    {
        _kept.Add(input);
        _report.Kept = _kept.Count;
        if (!store || _options.Corpus == null) return;
        string path = Path.Combine(_options.Corpus, NameOf(input));
        if (!File.Exists(path)) File.WriteAllBytes(path, input);
    }

    private void Report(Finding finding, string? place = null)
    {
        if (!_places.Add(place ?? finding.What)) return;
        _report.Findings.Add(finding);
        if (_options.Findings != null)
        {
            string path = Path.Combine(_options.Findings, $"{_target.Name}-{NameOf(finding.Input)}");
            File.WriteAllBytes(path, finding.Input);
            _options.Log($"Saved as {path}");
        }
        _options.Log($"FINDING {_target.Name}: {finding}");
    }

    /// <summary>The innermost method of the engine under the exception.</summary>
    private static string Place(Exception e)
    {
        string? frame = e.StackTrace?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("at TpmMigration.", StringComparison.Ordinal));
        int file = frame?.IndexOf(" in ", StringComparison.Ordinal) ?? -1;
        return frame == null ? "unknown" : frame.Substring(3, (file < 0 ? frame.Length : file) - 3);
    }

    private static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input), 0, 8);
}

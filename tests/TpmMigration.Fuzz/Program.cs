using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Fuzz.Targets;

const string usage = "Usage: TpmMigration.Fuzz package|keyfile|response [--seconds N] [--seed N] [--corpus DIR] [--findings DIR] [--replay FILE]";
Coverage.Attach();

var options = new Dictionary<string, string>(StringComparer.Ordinal);
for (int i = 1; i + 1 < args.Length; i += 2) options[args[i]] = args[i + 1];
string[] known = ["--seconds", "--seed", "--corpus", "--findings", "--replay"];
FuzzTarget? target = args.Length % 2 == 1 && options.Keys.All(known.Contains) ? FuzzTargets.Find(args[0]) : null;
if (target == null)
{
    Console.Error.WriteLine(usage);
    return 2;
}
if (options.TryGetValue("--replay", out string? replay))
{
    // An error that the reader does not promise ends the program with its whole story.
    Console.WriteLine(target.Run(LastInput.Read(replay)));
    return 0;
}

int Number(string name, int otherwise) => options.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
FuzzReport report = FuzzRun.Start(target, new FuzzOptions
{
    Time = TimeSpan.FromSeconds(Number("--seconds", 60)),
    Seed = Number("--seed", Environment.TickCount),
    Corpus = options.GetValueOrDefault("--corpus"),
    Findings = options.GetValueOrDefault("--findings", Path.Combine(Path.GetTempPath(), "tpm-migration-fuzz")),
    Log = line => Console.WriteLine(line),
});
foreach (KeyValuePair<string, long> outcome in report.Outcomes.OrderByDescending(o => o.Value))
    Console.WriteLine($"{outcome.Value,9} {outcome.Key}");
Console.WriteLine(report);
return report.Findings.Count == 0 ? 0 : 1;

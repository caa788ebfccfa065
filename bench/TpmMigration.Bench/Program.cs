using System;
using System.Globalization;
using System.Linq;
using System.Reflection;

namespace TpmMigration.Bench;

/// <summary>
/// Prints what export and import of the module cost. Without arguments it runs all benchmarks; with one, it is one of the fresh
/// processes that are measured.
/// </summary>
internal static class Program
{
    internal static string Module { get; } = System.IO.Path.Combine(
        typeof(Program).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!, "out", "TpmMigration");

    public static int Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        switch (args)
        {
            case ["engine"]:
                using (new Engine(import: false)) return 0;
            case ["import"]:
                using (new Engine(import: true)) return 0;
            case ["export", string folder, string runs]:
                using (var engine = new Engine(import: true))
                {
                    for (int i = int.Parse(runs, CultureInfo.InvariantCulture); i > 0; i--)
                        Console.WriteLine(ExportRun.Take(engine, folder).ToLine());
                }
                return 0;
            case ["make", string folder, string count]:
                using (var engine = new Engine(import: true)) KeySet.Make(engine, folder, int.Parse(count, CultureInfo.InvariantCulture));
                return 0;
            default:
                Report.Print();
                return 0;
        }
    }
}

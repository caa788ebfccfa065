using System;
using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.VaultBench;

/// <summary>Prints ratios with their limits.</summary>
internal static class Report
{
    internal static void Row(string what, double value, string limit) => Console.WriteLine($"{what,-80}{value,8:0.00}   {limit}");

    internal static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);
}

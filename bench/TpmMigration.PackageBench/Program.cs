using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Xml;
using TpmMigration.Packages;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Signatures;

// Prints what reading and verifying a package costs, against an XmlReader that only passes over it and a SHA-256 of its bytes.
// With two arguments it is the fresh process whose memory is measured.
const int Keys = 10_000, FewKeys = 100, Runs = 7;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["memory", string file])
{
    Console.WriteLine(AddedMemory(file));
    return;
}

string folder = Directory.CreateTempSubdirectory("tpm-package-bench-").FullName;
try
{
    string many = Make(Keys), few = Make(FewKeys);
    double size = new FileInfo(many).Length;
    Console.WriteLine($"A package of {Keys} signing keys, {size / (1 << 20):0.0} MiB, signed with ECDSA.");
    Console.WriteLine();
    Console.WriteLine($"{"",-62}{"measured",10}   limit");
    // In turns, so that a busy moment hits each kind.
    List<double> bare = [], reading = [], fewReading = [];
    for (int i = 0; i < Runs; i++)
    {
        bare.Add(Time(() => PassOver(many)));
        reading.Add(Time(() => Read(many)));
        fewReading.Add(Time(() => { for (int n = 0; n < Keys / FewKeys; n++) Read(few); }));
    }
    Row("reading and verifying over XmlReader and SHA-256", Median(reading) / Median(bare), "at most 4");
    Row("memory added in a fresh process, over the size of the file", Fresh(many) / size, "at most 3");
    Row($"time per key of {Keys} keys over that of {FewKeys} keys", Median(reading) / Median(fewReading), "at most 1.2");
    Console.WriteLine();
    Console.WriteLine($"  reading {Median(reading):0} ms, {1000 * Median(reading) / Keys:0.0} us per key; passing over {Median(bare):0} ms; medians of {Runs}");
}
finally
{
    Directory.Delete(folder, recursive: true);
}

string Make(int keys)
{
    string path = Path.Combine(folder, $"{keys}.xml");
    using SoftwareSigner signer = SoftwareSigner.Ecdsa();
    using FileStream output = File.Create(path);
    PackageWriter.Write(SamplePackages.Many(keys), signer, output);
    return path;
}

static void Read(string path)
{
    using FileStream input = File.OpenRead(path);
    if (PackageReader.Read(input).Keys.Count == 0) throw new InvalidOperationException("There are no keys.");
}

static void PassOver(string path)
{
    byte[] bytes = File.ReadAllBytes(path);
    using XmlReader reader = XmlReader.Create(new MemoryStream(bytes));
    while (reader.Read()) { }
    SHA256.HashData(bytes);
}

static double Time(Action action)
{
    GC.Collect();
    long start = Stopwatch.GetTimestamp();
    action();
    return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
}

// What the process holds at most while the package lives, less what it held before.
static long AddedMemory(string path)
{
    using var process = Process.GetCurrentProcess();
    long before = process.PeakWorkingSet64;
    using FileStream input = File.OpenRead(path);
    MigrationPackage package = PackageReader.Read(input);
    process.Refresh();
    long after = process.PeakWorkingSet64;
    GC.KeepAlive(package);
    return after - before;
}

static double Fresh(string path)
{
    using Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(SamplePackages).Assembly.Location, "memory", path]) { RedirectStandardOutput = true })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return double.Parse(output, CultureInfo.InvariantCulture);
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

static void Row(string what, double value, string limit) => Console.WriteLine($"{what,-62}{value,10:0.00}   {limit}");

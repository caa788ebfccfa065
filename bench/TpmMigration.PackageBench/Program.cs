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
// With two arguments it is the fresh process whose memory is limited.
const int Keys = 10_000, FewKeys = 100, Runs = 7;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["read", string file])
{
    using var process = Process.GetCurrentProcess();
    long before = process.PeakWorkingSet64;
    using FileStream input = File.OpenRead(file);
    MigrationPackage package = PackageReader.Read(input);
    process.Refresh();
    Console.WriteLine(process.PeakWorkingSet64 - before);
    return package.Keys.Count == 0 ? 1 : 0;
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
    Row("smallest heap that holds reading and package, over the file", SmallestHeap(many), "at most 3");
    Row($"time per key of {Keys} keys over that of {FewKeys} keys", Median(reading) / Median(fewReading), "at most 1.2");
    Console.WriteLine();
    Console.WriteLine($"  reading {Median(reading):0} ms, {1000 * Median(reading) / Keys:0.0} us per key; passing over {Median(bare):0} ms; medians of {Runs}");
    Console.WriteLine($"  without a limit to its heap a process adds {AddedMemory(many, null)!.Value / size:0.0} times the file, most of it not yet collected");
}
finally
{
    Directory.Delete(folder, recursive: true);
}
return 0;

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

// The smallest heap, in quarters of the file's size, in which a fresh process can read the package and keep it. What a process takes beyond
// that is what its collector leaves lying about because there is room.
static double SmallestHeap(string path)
{
    long size = new FileInfo(path).Length;
    for (double times = 0.75; times < 16; times += 0.25)
    {
        if (AddedMemory(path, (long)(times * size)) != null) return times;
    }
    throw new InvalidOperationException("The package cannot be read in any heap.");
}

// What a fresh process adds to its memory while it reads; null if its heap does not suffice.
static long? AddedMemory(string path, long? heap)
{
    var start = new ProcessStartInfo("dotnet", [typeof(SamplePackages).Assembly.Location, "read", path]) { RedirectStandardError = true, RedirectStandardOutput = true };
    if (heap is { } limit) start.Environment["DOTNET_GCHeapHardLimit"] = limit.ToString("x", CultureInfo.InvariantCulture);
    using Process process = Process.Start(start)!;
    process.ErrorDataReceived += (_, _) => { };
    process.BeginErrorReadLine();
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 ? long.Parse(output, CultureInfo.InvariantCulture) : null;
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

static void Row(string what, double value, string limit) => Console.WriteLine($"{what,-62}{value,10:0.00}   {limit}");

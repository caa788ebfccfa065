using System;
using System.Globalization;
using System.IO;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using TpmMigration.Victim;

// Usage: <scenario> <store> <n> <moment>. Prints the file operations it lived to see, one in a line.
(string scenario, string path, int number, Moment moment) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), Enum.Parse<Moment>(args[3]));
var files = new DeadlyStoreFiles(number, moment);
var options = new KeyStoreOptions { Files = files, LockTimeout = TimeSpan.FromSeconds(30) };

switch (scenario)
{
    case "change":
        KeyStore.Open(path, options).Commit(SampleKeys.ManyChanges());
        break;
    case "create":
        KeyStore.Open(path, options).Commit([SampleKeys.Add("Alpha"), SampleKeys.Add("Beta")]);
        break;
    case "data":
        KeyStore.Open(path, options).Commit(SampleKeys.ChangesWithData());
        break;
    case "migrated":
        KeyStore.Open(path, options).CommitMigrated(SampleKeys.Migrated());
        break;
    case "open":
        KeyStore.Open(path, options);
        break;
    case "pairs":
        // Each commit adds two keys: whoever sees one without the other has seen half a commit.
        for (int i = 0; i < number; i++)
            KeyStore.Open(path, options).Commit([SampleKeys.Add($"{args[4]}{i}-left"), SampleKeys.Add($"{args[4]}{i}-right")]);
        break;
    case "import":
        // A whole import: args[4] is the TPM, args[5] the package, both good for any number of deaths.
        using (TpmDevice device = TpmDevice.Open(args[4]))
        using (var passwords = new KeyPasswords())
        using (var loader = new KeyLoader(device, KeyStore.Open(path, options), passwords))
        using (FileStream package = File.OpenRead(args[5]))
            new PackageImporter(loader, new ImportRequest { Trust = new TrustVerdict(TrustStanding.Trusted, null, "Asked for."), SkipProof = true }, passwords).Import(PackageReader.Read(package));
        break;
    case "hold":
        using (StoreLock.Acquire(new StorePaths(path), exclusive: true, options.LockTimeout, CancellationToken.None))
        {
            Console.WriteLine("held");
            Console.In.ReadToEnd();
        }
        break;
    default:
        throw new ArgumentException($"There is no scenario '{scenario}'.");
}
foreach (string operation in files.Done) Console.WriteLine(operation);

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.VaultBench;

/// <summary>Downloads, each key wrapped anew in software, for each second of a processor against what OpenSSL does of the bare private operation.</summary>
internal static class Downloads
{
    private const int Clients = 4, Rounds = 6, WarmUp = 2;

    internal static async Task Print(ClientMachine machine)
    {
        await Print(machine, "rsa2048", "rsa2048", "private operations of RSA 2048", "at least 0.5");
        await Print(machine, "ecc-p256", "ecdhp256", "ECDH with P-256", "at least 0.25");
    }

    private static async Task Print(ClientMachine machine, string storageKey, string speed, string what, string limit)
    {
        using var authority = new AuthorityProcess();
        authority.Init("--name", "Example MA", "--storage-key", storageKey);
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        authority.Serve("--client-rate", "0");
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        MigrationDestination destination = client.AuthorityKey().ToDestination();
        foreach ((int keys, int messages) in new[] { (1, 1500), (50, 200) })
        {
            MigrationPackage package = machine.PackageOf(keys, destination);
            client.Call("Upload", Part("Token", token), Part("Package", machine.Sign(package)));
            byte[] message = Message("Download", Part("Token", token), Part("PackageId", package.Id));
            List<double> ours = [], bare = [];
            for (int round = 0; round < WarmUp + Rounds; round++)
            {
                double operations = Speed(speed);
                TimeSpan before = authority.ProcessorTime;
                await Load.Send(authority, Enumerable.Repeat(message, messages), Clients);
                // The first are for the compiler, which looks at what it made once more when it was used for a while.
                if (round < WarmUp) continue;
                ours.Add(messages * keys / (authority.ProcessorTime - before).TotalSeconds);
                bare.Add(operations);
            }
            Report.Row($"Keys downloaded for each second of a processor, {keys} in a package, over {what}", Report.Median([.. ours.Zip(bare, (a, b) => a / b)]), limit);
            Console.WriteLine($"  {Report.Median(ours):0} and {Report.Median(bare):0} per second: {1000 * keys / Report.Median(ours):0.00} ms for each package");
        }
        Console.WriteLine($"  Memory of the service: {authority.PeakMemory >> 20} MiB");
    }

    /// <summary>Private operations for each second of one processor.</summary>
    private static double Speed(string algorithm)
    {
        // +F2 (RSA) and +F5 (ECDH) have what a second holds in the fourth field.
        string[] fields = ToolRunner.Run("openssl", ["speed", "-seconds", "1", "-mr", algorithm]).Split('\n').Last(line => line.StartsWith("+F2:", StringComparison.Ordinal) || line.StartsWith("+F5:", StringComparison.Ordinal)).Split(':');
        return double.Parse(fields[3], CultureInfo.InvariantCulture);
    }
}

using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.VaultBench;

/// <summary>What an upload and a download cost among few packages and among many.</summary>
internal static class Growth
{
    private const int Clients = 8, Packages = 300, Rounds = 5;

    internal static async Task Print(ClientMachine machine, FilledVault few, FilledVault many)
    {
        Subject small = Subject.Of(machine, few), large = Subject.Of(machine, many);
        List<double> uploads = [], downloads = [];
        for (int round = 0; round <= Rounds; round++)
        {
            double upload = await large.Upload(machine) / await small.Upload(machine), download = await large.Download() / await small.Download();
            // The first is for the compiler.
            if (round == 0) continue;
            uploads.Add(upload);
            downloads.Add(download);
        }
        Report.Row("Upload among many packages over among few", Report.Median(uploads), "at most 1.3");
        Report.Row("Download among many packages over among few", Report.Median(downloads), "at most 1.3");
    }

    private sealed record Subject(AuthorityProcess Authority, byte[] Token, MigrationPackage Package)
    {
        internal static Subject Of(ClientMachine machine, FilledVault vault)
        {
            vault.Authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
            using var client = new SoapClient(vault.Authority);
            byte[] token = machine.Authenticate(client);
            MigrationPackage package = machine.Package(client.AuthorityKey().ToDestination());
            client.Call("Upload", Part("Token", token), Part("Package", machine.Sign(package)));
            return new Subject(vault.Authority, token, package);
        }

        internal Task<double> Upload(ClientMachine machine) => Load.Send(
            Authority, Load.Uploads(Token, machine.Sign(machine.Again(Package, Packages))), Clients);

        internal Task<double> Download() => Load.Send(
            Authority, Enumerable.Repeat(Message("Download", Part("Token", Token), Part("PackageId", Package.Id)), Packages), Clients);
    }
}

using System;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tests.Migration;
using TpmMigration.Tests.Packages;

namespace TpmMigration.Tests.Recovery;

/// <summary>Two machines, and packages with an inner wrap between them.</summary>
internal sealed class RecoveryScene : IDisposable
{
    internal const string Passphrase = "six words that nobody will guess";

    internal RecoveryScene() => Destination = Target.Destination();

    internal Machine Source { get; } = new();

    internal Machine Target { get; } = new();

    internal MigrationDestination Destination { get; }

    internal static RecoveryRecipients Recipients(string passphrase, params AgentCertificate[] agents) =>
        new(AgentCertificate.Agents(agents), Encoding.UTF8.GetBytes(passphrase));

    internal MigrationPackage Export(RecoveryRecipients recipients, params string[] names) => MigrationTests.Export(
        Source, Destination, names, [.. names.Select(name => Source.Approve(name, Destination, innerWrap: true))], recovery: recipients);

    internal static RecoveryMeans Means(string passphrase = "", params RecoveryRelease[] releases) => new(Encoding.UTF8.GetBytes(passphrase), releases);

    internal StoredKey[] Import(MigrationPackage package, RecoveryMeans means, Machine? machine = null)
    {
        using (means)
            return [.. MigrationTests.Import(machine ?? Target, package, request: new ImportRequest { Trust = Trusted.Signer, Recovery = means })];
    }

    internal RecoveryFault ImportFails(MigrationPackage package, RecoveryMeans means) =>
        Scene.Fails<RecoveryException>(Target, () => Import(package, means)).Fault;

    /// <summary>A release, as it comes out of its document; who speaks for the keys' owners has approved it.</summary>
    internal static RecoveryRelease Release(AgentCertificate agent, MigrationPackage package, MigrationDestination destination)
    {
        using CertificateSigner signer = agent.Open();
        using var proxy = new Msa();
        MigrationPackage read = SignedText.Read(SignedText.Write(package)) with { ReleaseAuthorities = [proxy.Authority.Certificate!] };
        return ReleaseDocument.Read(new AgentKey(signer).Release(read, destination, "the board is dead", [proxy.Decide(destination)]).Document);
    }

    public void Dispose()
    {
        Source.Dispose();
        Target.Dispose();
    }
}

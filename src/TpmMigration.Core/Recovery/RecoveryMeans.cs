using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>What the importer of packages has at hand to open their inner wrap: a passphrase, or releases by recovery agents. Dispose clears the passphrase.</summary>
public sealed class RecoveryMeans : IDisposable
{
    private readonly byte[] _passphrase;
    private readonly IReadOnlyList<RecoveryRelease> _releases;

    /// <param name="passphrase">UTF-8, empty for none; taken over.</param>
    /// <param name="releases">For this and perhaps for other packages.</param>
    public RecoveryMeans(byte[] passphrase, IReadOnlyList<RecoveryRelease> releases) => (_passphrase, _releases) = (passphrase, releases);

    public static RecoveryMeans None { get; } = new([], []);

    /// <summary>Says whether there is something at hand that a package opens with, as far as that is told without hashing and without a TPM.</summary>
    /// <exception cref="RecoveryException">Nothing at hand is for this package.</exception>
    public void Examine(MigrationPackage package) => _ = Choose(package);

    /// <summary>Opens the inner wrap. Null for a package without one.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="package">The package.</param>
    /// <param name="parent">The name of its new parent in the store, null for the storage root key.</param>
    /// <param name="rewrap">Turns what is wrapped to the package's destination into what that parent takes, where they differ.</param>
    /// <exception cref="RecoveryException">Nothing at hand opens it.</exception>
    internal RecoveryKey? Open(KeyLoader loader, MigrationPackage package, string? parent, Func<SealedSecret, SealedSecret> rewrap)
    {
        if (package.InnerWrap is not { } wrap) return null;
        return Choose(package) is { } release
            ? release.Open(loader, loader.LoadParent(parent), rewrap)
            : RecoveryPassphrase.Open(wrap.Passphrase!, _passphrase);
    }

    public void Dispose() => SecretBytes.Clear(_passphrase);

    /// <returns>The release to open the package with; null for the passphrase, or where there is no inner wrap.</returns>
    private RecoveryRelease? Choose(MigrationPackage package)
    {
        if (package.InnerWrap is not { } wrap) return null;
        if (_passphrase.Length != 0 && wrap.Passphrase != null) return null;
        if (_releases.Count != 0) return Choose(package, wrap);
        throw _passphrase.Length == 0
            ? new RecoveryException(RecoveryFault.Missing, $"The keys of the package have an inner wrap, and this machine's TPM alone does not open it. {WhoCan(package, wrap)}")
            : new RecoveryException(RecoveryFault.NoPassphrase, $"The inner wrap of the package is not opened by a passphrase. {WhoCan(package, wrap)}");
    }

    private RecoveryRelease Choose(MigrationPackage package, PackageInnerWrap wrap)
    {
        RecoveryException? refusal = null;
        foreach (RecoveryRelease release in _releases.Where(r => r.PackageId == package.Id))
        {
            if (!SecretBytes.FixedTimeEquals(release.DestinationName, package.Destination.Parent.Name))
                refusal = new RecoveryException(RecoveryFault.ForAnotherDestination, $"The release is for '{release.DestinationHost}' (parent {Label(release.DestinationName)}), and the package is for '{package.Destination.HostName}' (parent {Label(package.Destination.Parent.Name)}). {WhoCan(package, wrap)}");
            else if (!wrap.Agents.Any(agent => release.IsBy(agent)))
                refusal = new RecoveryException(RecoveryFault.NotByAgent, $"The release was signed by '{release.Signer}', who is no recovery agent of the package. {WhoCan(package, wrap)}");
            else
                return release;
        }
        throw refusal ?? new RecoveryException(RecoveryFault.ForAnotherPackage, $"The release is for another package ({_releases[0].PackageId:D}) than this one ({package.Id:D}). {WhoCan(package, wrap)}");
    }

    private static string WhoCan(MigrationPackage package, PackageInnerWrap wrap)
    {
        List<string> agents = RecoveryAgent.SubjectsOf(wrap).Select(subject => $"'{subject}'").Take(5).ToList();
        string release = agents.Count == 0 ? string.Empty : $"Have one of its recovery agents ({string.Join(", ", agents)}) release it for '{package.Destination.HostName}' with Unlock-TpmMigrationPackage, and give the release with -RecoveryRelease";
        string passphrase = wrap.Passphrase == null ? string.Empty : release.Length == 0 ? "Give its recovery passphrase with -RecoveryPassphrase" : "; or give its recovery passphrase with -RecoveryPassphrase";
        return release + passphrase + ".";
    }

    private static string Label(byte[] name) => name.Length < 6 ? "none" : Hex.Format(name).Substring(4, 8) + "...";
}

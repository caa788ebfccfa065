using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Keys;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma rotate`: another storage key for all that is stored, or another certificate of TLS.</summary>
internal sealed class RotateCommand
{
    private readonly StorageKeyOptions _storageKey = new();
    private readonly Option<bool> _keyOnly = new("--key-only") { Description = "Makes the key and wraps nothing yet, so that the file of the keys can be given to further machines first. Then --resume." };
    private readonly Option<bool> _resume = new("--resume") { Description = "No new key: goes on with wrapping to the newest what is wrapped to older ones." };
    private readonly Option<bool> _retire = new("--retire") { Description = "Drops the older keys, for ever. Refused while packages depend on one." };
    private readonly Option<bool> _tls = new("--tls") { Description = "Another key and certificate of TLS, in place of a storage key." };
    private readonly Option<string[]> _hosts = new("--host") { Description = "With --tls: names for the certificate; without any, those of the one before." };
    private readonly Option<string> _reason = ReasonOption.Make();

    internal static Command Make(CommonOptions common)
    {
        var options = new RotateCommand();
        var command = new Command("rotate", "Makes a new storage key and wraps all packages to it, while the service runs. The older keys are kept until they are retired.")
        {
            options._keyOnly, options._resume, options._retire, options._tls, options._hosts, options._reason,
        };
        options._storageKey.AddTo(command);
        command.SetAction(parsed => options.Run(common, parsed));
        return command;
    }

    private int Run(CommonOptions common, ParseResult parsed)
    {
        if (new[] { parsed.GetValue(_keyOnly), parsed.GetValue(_resume), parsed.GetValue(_retire), parsed.GetValue(_tls) }.Count(chosen => chosen) > 1)
            throw new CommandException("One thing at a time: --key-only, --resume, --retire or --tls.");
        using OpenAuthority authority = OpenAuthority.Open(common.Directory(parsed));
        using var rotation = new KeyRotation(authority.Directory, authority.Keys, authority.Database, TimeProvider.System);
        TextWriter output = parsed.InvocationConfiguration.Output;
        string reason = parsed.GetValue(_reason)!;
        if (parsed.GetValue(_tls)) return Tls(authority, rotation, parsed, output);
        if (parsed.GetValue(_retire)) return Retire(rotation, reason, output);
        if (!parsed.GetValue(_resume))
        {
            StorageKey made = rotation.AddStorageKey(_storageKey.Of(parsed), reason, Actor.Local);
            output.WriteLine($"New storage key: {Hex.Format(made.Name)} {made.Algorithm}");
            output.Flush();
        }
        if (parsed.GetValue(_keyOnly)) return 0;
        return Rewrap(authority, parsed, output);
    }

    private int Tls(OpenAuthority authority, KeyRotation rotation, ParseResult parsed, TextWriter output)
    {
        X509Certificate2 made = rotation.ReplaceTls(parsed.GetValue(_hosts) ?? [], parsed.GetValue(_reason)!, Actor.Local);
        output.WriteLine($"TLS certificate: {authority.Directory.TlsCertificatePath}, SHA-256 {Hex.Format(TpmHash.Digest(TpmAlgId.Sha256, made.RawData))}");
        output.WriteLine("Clients that trust the certificate itself must be given this one. The service shows it from the next connection on.");
        return 0;
    }

    private static int Retire(KeyRotation rotation, string reason, TextWriter output)
    {
        foreach ((StorageKey key, DateTime? last) in rotation.LastUploads()) output.WriteLine($"Older storage key {Hex.Format(key.Name)} {key.Algorithm}: {Told(last)}.");
        IReadOnlyList<StorageKey> retired = rotation.Retire(reason, Actor.Local);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Retired: {retired.Count}. The service forgets them when it is restarted."));
        output.WriteLine("What is wrapped to them and was not laid in can no longer be taken in.");
        return 0;
    }

    private static int Rewrap(OpenAuthority authority, ParseResult parsed, TextWriter output)
    {
        RewrapReport report = new VaultRewrap(authority.Keys, authority.Database, TimeProvider.System).Run(Actor.Local, done =>
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrapped anew: {done} packages."));
            output.Flush();
        });
        foreach ((Vault.PackagePosition package, string problem) in report.Failed)
            parsed.InvocationConfiguration.Error.WriteLine($"The package {package.Id:D} of client {Hex.Format(package.Client)} stays under its older key: {problem}");
        if (report.Failed.Count != 0) return 1;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"All packages are under the newest storage key ({report.Done} wrapped anew). Older keys are kept: {authority.Keys.StorageKeys.Count - 1}."));
        return 0;
    }

    private static string Told(DateTime? last) => last is { } time
        ? string.Create(CultureInfo.InvariantCulture, $"the last package for it was laid in {StrictElement.FormatDate(time)}, {(DateTime.UtcNow - time).TotalDays:0} days ago")
        : "no package for it was laid in since it was replaced";
}

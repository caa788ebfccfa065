using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma serve`: the service itself.</summary>
internal sealed class ServeCommand
{
    private readonly Option<string> _listen = new("--listen") { Description = "Address and port; port 0 takes a free one.", DefaultValueFactory = _ => ServerOptions.DefaultEndpoint };
    private readonly Option<bool> _plain = new("--http") { Description = "Without TLS. On loopback only." };
    private readonly Option<string?> _certificate = new("--tls-certificate") { Description = "Your own certificate of TLS, PEM with its chain, or PFX. It is read anew when the file changes." };
    private readonly Option<string?> _key = new("--tls-key") { Description = "The private key in PEM, where it is not in the file of the certificate." };
    private readonly Option<string?> _password = new("--tls-password-file") { Description = "A file with the password of the PFX or of the private key." };
    private readonly Option<string> _operations = new("--operations") { Description = "Address and port of health and metrics, without TLS; 'none' for neither.", DefaultValueFactory = _ => ServerOptions.DefaultOperations };
    private readonly Option<LogForm> _log = new("--log") { Description = "The log on standard error: text or json, or quiet for what goes wrong only.", DefaultValueFactory = _ => LogForm.Text };
    private readonly Option<long> _mostBytes = new("--most-package-bytes") { Description = "The largest package that is stored.", DefaultValueFactory = _ => new ServiceLimits().MostPackageBytes };
    private readonly Option<int> _clientPackages = new("--client-packages") { Description = "Packages that a client may have here.", DefaultValueFactory = _ => new ServiceLimits().MostClientPackages };
    private readonly Option<long> _clientBytes = new("--client-bytes") { Description = "Bytes that the packages of a client may have together.", DefaultValueFactory = _ => new ServiceLimits().MostClientBytes };
    private readonly Option<int> _clientRate = new("--client-rate") { Description = "Messages a second of a client that has authenticated, on average; 0 for no limit.", DefaultValueFactory = _ => new RateLimits().ClientRate };
    private readonly Option<int> _addressRate = new("--address-rate") { Description = "Messages a second from one address of callers who have not; 0 for no limit, as behind a proxy.", DefaultValueFactory = _ => new RateLimits().AddressRate };

    internal static Command Make(CommonOptions common)
    {
        var options = new ServeCommand();
        var command = new Command("serve", "Runs the service until it is told to end.");
        foreach (Option option in options.All()) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            ServerOptions chosen = options.Read(parsed);
            using OpenAuthority authority = OpenAuthority.Open(common.Directory(parsed));
            TextWriter output = parsed.InvocationConfiguration.Output;
            await Server.Run(authority, chosen, line =>
            {
                output.WriteLine(line);
                output.Flush();
            }, cancellation);
            return 0;
        });
        return command;
    }

    private IEnumerable<Option> All() => [_listen, _plain, _certificate, _key, _password, _operations, _log, _mostBytes, _clientPackages, _clientBytes, _clientRate, _addressRate];

    private ServerOptions Read(ParseResult parsed)
    {
        string operations = parsed.GetValue(_operations)!;
        return new ServerOptions
        {
            Endpoint = ServerOptions.EndpointOf(parsed.GetValue(_listen)!),
            IsPlain = parsed.GetValue(_plain),
            Operations = operations.Equals("none", StringComparison.OrdinalIgnoreCase) ? null : ServerOptions.EndpointOf(operations),
            Log = parsed.GetValue(_log),
            Limits = new ServiceLimits
            {
                MostPackageBytes = parsed.GetValue(_mostBytes),
                MostClientPackages = parsed.GetValue(_clientPackages),
                MostClientBytes = parsed.GetValue(_clientBytes),
            },
            Rates = new RateLimits { ClientRate = parsed.GetValue(_clientRate), AddressRate = parsed.GetValue(_addressRate) },
            Certificate = CertificateFiles.Of(parsed.GetValue(_certificate), parsed.GetValue(_key), parsed.GetValue(_password)),
        }.Checked();
    }
}

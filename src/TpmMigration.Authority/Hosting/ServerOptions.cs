using System.Globalization;
using System.Net;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;

namespace TpmMigration.Authority.Hosting;

/// <summary>How the service runs.</summary>
internal sealed record ServerOptions
{
    internal const string DefaultEndpoint = "0.0.0.0:8443";

    internal const string DefaultOperations = "127.0.0.1:9464";

    /// <summary>Address and port; port 0 takes a free one.</summary>
    internal required IPEndPoint Endpoint { get; init; }

    /// <summary>Without TLS, on loopback.</summary>
    internal bool IsPlain { get; init; }

    /// <summary>Where health and metrics are told; null for nowhere.</summary>
    internal IPEndPoint? Operations { get; init; }

    internal LogForm Log { get; init; }

    /// <summary>How much is taken in.</summary>
    internal ServiceLimits Limits { get; init; } = new();

    /// <summary>How often callers may ask.</summary>
    internal RateLimits Rates { get; init; } = new();

    /// <summary>The operator's own certificate; null for the one that the service made.</summary>
    internal CertificateFiles? Certificate { get; init; }

    /// <summary>An address with a port.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    internal static IPEndPoint EndpointOf(string text) =>
        IPEndPoint.TryParse(text, out IPEndPoint? parsed) && text.EndsWith(":" + parsed.Port.ToString(CultureInfo.InvariantCulture), System.StringComparison.Ordinal)
            ? parsed
            : throw new CommandException($"'{text}' is no address with a port, such as {DefaultEndpoint} or [::1]:8443.");

    /// <exception cref="CommandException">TLS is off where others could listen in, or a limit makes no sense.</exception>
    internal ServerOptions Checked()
    {
        if (IsPlain && !IPAddress.IsLoopback(Endpoint.Address))
            throw new CommandException($"Without TLS the service listens on loopback only, and {Endpoint.Address} is not. Leave --http out, or listen on 127.0.0.1.");
        if (IsPlain && Certificate != null)
            throw new CommandException("Without TLS there is no certificate to serve: leave --http or --tls-certificate out.");
        // A message with the largest package is one array of bytes, and one string.
        if (Limits.MostPackageBytes is <= 0 or > 256L * 1024 * 1024)
            throw new CommandException("A package may have from 1 byte to 256 MiB.");
        if (Limits.MostClientPackages <= 0 || Limits.MostClientBytes <= 0)
            throw new CommandException("A client may have at least 1 package and 1 byte.");
        if (Rates.ClientRate is < 0 or > 1_000_000 || Rates.AddressRate is < 0 or > 1_000_000)
            throw new CommandException("A rate is from 0, for no limit, to 1000000 messages a second.");
        return this;
    }
}

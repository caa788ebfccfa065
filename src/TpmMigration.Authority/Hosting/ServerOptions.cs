using System.Globalization;
using System.Net;
using TpmMigration.Authority.Contract;

namespace TpmMigration.Authority.Hosting;

/// <summary>Where the service listens.</summary>
/// <param name="Endpoint">Address and port; port 0 takes a free one.</param>
/// <param name="IsPlain">Without TLS, on loopback.</param>
/// <param name="Limits">How much is taken in.</param>
internal sealed record ServerOptions(IPEndPoint Endpoint, bool IsPlain, ServiceLimits Limits)
{
    internal const string DefaultEndpoint = "0.0.0.0:8443";

    /// <exception cref="CommandException">It is no address with a port, or TLS is off where others could listen in.</exception>
    internal static ServerOptions Of(string endpoint, bool isPlain, long? mostPackageBytes)
    {
        if (!IPEndPoint.TryParse(endpoint, out IPEndPoint? parsed) || !endpoint.EndsWith(":" + parsed.Port.ToString(CultureInfo.InvariantCulture), System.StringComparison.Ordinal))
            throw new CommandException($"'{endpoint}' is no address with a port, such as {DefaultEndpoint} or [::1]:8443.");
        if (isPlain && !IPAddress.IsLoopback(parsed.Address))
            throw new CommandException($"Without TLS the service listens on loopback only, and {parsed.Address} is not. Leave --http out, or listen on 127.0.0.1.");
        // A message with the largest package is one array of bytes, and one string.
        if (mostPackageBytes is <= 0 or > 256L * 1024 * 1024)
            throw new CommandException("A package may have from 1 byte to 256 MiB.");
        return new ServerOptions(parsed, isPlain, mostPackageBytes is { } most ? new ServiceLimits { MostPackageBytes = most } : new ServiceLimits());
    }
}

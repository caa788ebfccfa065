using System;
using System.Linq;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TpmMigration.Authority.Service;

namespace TpmMigration.Authority.Hosting;

/// <summary>The service as a web server of its own: nothing is read from configuration files or the environment.</summary>
internal static class Server
{
    private const int MostConnections = 1000;

    /// <summary>Serves until the process is told to end.</summary>
    /// <param name="authority">What is served.</param>
    /// <param name="options">Where.</param>
    /// <param name="listening">Takes the address when the service can be reached.</param>
    /// <param name="cancellation">Ends the service.</param>
    internal static async Task Run(OpenAuthority authority, ServerOptions options, Action<string> listening, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "tpm-ma" });
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH:mm:ss'Z' "));
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseKestrelCore();
        if (!options.IsPlain) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, authority, options));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(authority);
        builder.Services.AddSingleton(options.Limits);
        builder.Services.AddSingleton(provider => new MigrationService(authority.Keys, authority.Database, options.Limits, TimeProvider.System));
        builder.Services.AddSingleton<SoapEndpoint>();
        await using WebApplication application = builder.Build();
        application.UseRouting();
        SoapEndpoint endpoint = application.Services.GetRequiredService<SoapEndpoint>();
        application.MapPost("/", endpoint.Answer);
        application.MapGet("/", SoapEndpoint.Describe);
        await application.StartAsync(cancellation);
        listening(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await application.WaitForShutdownAsync(cancellation);
    }

    private static void Configure(KestrelServerOptions kestrel, OpenAuthority authority, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        // Read no further than the endpoint does, which has limits of its own.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Listen(options.Endpoint, listen =>
        {
            if (options.IsPlain) return;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = authority.Keys.TlsCertificate,
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            });
        });
    }
}

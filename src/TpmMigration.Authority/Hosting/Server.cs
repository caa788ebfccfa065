using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Operations;
using TpmMigration.Authority.Service;

namespace TpmMigration.Authority.Hosting;

/// <summary>The service as a web server of its own: nothing is read from configuration files or the environment.</summary>
internal static partial class Server
{
    private const int MostConnections = 5000;

    /// <summary>Machines say what they have to say at once; who only keeps a connection takes the place of another.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    /// <summary>How long what runs may take to finish when the service is told to end.</summary>
    internal static readonly TimeSpan StopTime = TimeSpan.FromSeconds(30);

    /// <summary>Serves until the process is told to end: then it takes no new connections, and finishes what runs.</summary>
    /// <param name="authority">What is served.</param>
    /// <param name="options">How.</param>
    /// <param name="tell">Takes lines about where it can be reached, the service's first.</param>
    /// <param name="cancellation">Ends the service.</param>
    /// <exception cref="IOException">An address is in use.</exception>
    internal static async Task Run(OpenAuthority authority, ServerOptions options, Action<string> tell, CancellationToken cancellation)
    {
        WorkSlots.ReserveThreads();
        using var metrics = new ServiceMetrics();
        var figures = new VaultFigures(authority.Database, authority.Keys);
        var readiness = new Readiness(figures);
        await using WebApplication application = Build(authority, options, metrics);
        ILogger log = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Server).FullName!);
        var watch = new KeyFileWatch(authority.Directory, authority.Keys, error => LogKeys(log, error));
        TlsCertificates tls = application.Services.GetRequiredService<TlsCertificates>();
        await using OperationsServer? operations = options.Operations == null ? null : await OperationsServer.Start(options, readiness, cancellation);
        WorkSlots slots = application.Services.GetRequiredService<WorkSlots>();
        metrics.Observe(figures, authority.Keys, () => slots.Waiting, () => options.IsPlain ? null : tls.Current, () => watch.IsCurrent);
        await application.StartAsync(cancellation);
        application.Lifetime.ApplicationStopping.Register(readiness.Stop);
        tell($"'{authority.Keys.Name}' listens on {application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()}");
        if (operations != null) tell($"Health and metrics: {operations.Address}");
        await application.WaitForShutdownAsync(cancellation);
    }

    private static WebApplication Build(OpenAuthority authority, ServerOptions options, ServiceMetrics metrics)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "tpm-ma" });
        builder.Services.AddWindowsService(service => service.ServiceName = "tpm-ma");
        // AddSystemd() would look at the parent process, which a service that sees no processes but its own cannot.
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFY_SOCKET")))
        {
            builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            builder.Services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }
        ServiceLog.Configure(builder.Logging, options.Log);
        builder.WebHost.UseKestrelCore();
        if (!options.IsPlain) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTime);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(authority);
        builder.Services.AddSingleton(options.Limits);
        builder.Services.AddSingleton(metrics);
        builder.Services.AddSingleton(provider => new TlsCertificates(authority.Keys, options.Certificate, provider.GetRequiredService<ILogger<TlsCertificates>>()));
        builder.Services.AddSingleton(_ => new RequestLimiter(options.Rates, metrics));
        builder.Services.AddSingleton(provider => new MigrationService(authority.Keys, authority.Database, options.Limits, TimeProvider.System, provider.GetRequiredService<RequestLimiter>()));
        builder.Services.AddSingleton<WorkSlots>();
        builder.Services.AddSingleton<RequestLog>();
        builder.Services.AddSingleton<SoapEndpoint>();
        builder.Services.AddSingleton<AdministratorGate>();
        builder.Services.AddSingleton<AdministrationEndpoint>();
        WebApplication application = builder.Build();
        application.UseRouting();
        SoapEndpoint endpoint = application.Services.GetRequiredService<SoapEndpoint>();
        application.MapPost("/", endpoint.Answer);
        application.MapGet("/", endpoint.Describe);
        application.Services.GetRequiredService<AdministrationEndpoint>().Map(application);
        return application;
    }

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        // Read no further than the endpoint does, which has limits of its own.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Listen(options.Endpoint, listen =>
        {
            if (!options.IsPlain) listen.UseHttps(kestrel.ApplicationServices.GetRequiredService<TlsCertificates>().Handshakes());
        });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The file of the keys was replaced and cannot be used.")]
    private static partial void LogKeys(ILogger log, Exception error);
}

using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using TpmMigration.Authority.Operations;

namespace TpmMigration.Authority.Hosting;

/// <summary>
/// Health and metrics, at an address of their own that is not for clients: /health/live, /health/ready, /metrics in the text format of Prometheus. It
/// is there before the service and ends after it, so that whoever watches sees it come and go.
/// </summary>
internal sealed class OperationsServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private OperationsServer(WebApplication application) => _application = application;

    /// <summary>Where it listens.</summary>
    internal string Address => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    internal static async Task<OperationsServer> Start(ServerOptions options, Readiness readiness, CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "tpm-ma" });
        ServiceLog.Configure(builder.Logging, options.Log);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Listen(options.Operations!);
        });
        builder.Services.AddRoutingCore();
        // Signals are for the service, which ends this when it has ended.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(ServiceMetrics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel")
            .AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0));
        WebApplication application = builder.Build();
        application.UseRouting();
        application.MapGet("/health/live", context => context.Response.WriteAsync("live\n", context.RequestAborted));
        application.MapGet("/health/ready", context =>
        {
            bool isReady = readiness.IsReady;
            context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(isReady ? "ready\n" : "not ready\n", context.RequestAborted);
        });
        application.MapPrometheusScrapingEndpoint("/metrics");
        await application.StartAsync(cancellation);
        return new OperationsServer(application);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>Gives each request to the next instance, as load balancers do.</summary>
internal sealed class RoundRobinProxy : IAsyncDisposable
{
    private readonly HttpClient _http = new();
    private readonly IReadOnlyList<AuthorityProcess> _instances;
    private readonly int[] _answered;
    private readonly WebApplication _application;
    private int _next = -1;

    private RoundRobinProxy(IReadOnlyList<AuthorityProcess> instances)
    {
        _instances = instances;
        _answered = new int[instances.Count];
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(Forward);
    }

    internal Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>How many requests went to each.</summary>
    internal IReadOnlyList<int> Answered => _answered;

    internal static async Task<RoundRobinProxy> Start(params AuthorityProcess[] instances)
    {
        var proxy = new RoundRobinProxy(instances);
        await proxy._application.StartAsync();
        proxy.Address = new Uri(proxy._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/");
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _http.Dispose();
    }

    private async Task Forward(HttpContext context)
    {
        int instance = (Interlocked.Increment(ref _next) & int.MaxValue) % _instances.Count;
        Interlocked.Increment(ref _answered[instance]);
        using var request = new HttpRequestMessage(HttpMethod.Post, _instances[instance].Address) { Content = new StreamContent(context.Request.Body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(context.Request.ContentType!);
        using HttpResponseMessage response = await _http.SendAsync(request);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType!.ToString();
        await response.Content.CopyToAsync(context.Response.Body);
    }
}

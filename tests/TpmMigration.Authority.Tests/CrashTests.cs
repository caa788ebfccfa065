using System;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Tests.Authority.Scene;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>An acknowledgement is kept, whatever becomes of the process that gave it.</summary>
public sealed class CrashTests(SharedPostgres postgres)
{
    private const int Packages = 200, PackagesBetweenDeaths = 60, MostMillisecondsToDeath = 20;

    [Fact]
    public Task Every_package_that_was_acknowledged_outlives_the_death_of_the_service() => Survive(null);

    [Fact]
    public Task Every_package_that_was_acknowledged_outlives_the_death_of_the_service_before_PostgreSQL() => Survive(postgres.Server.CreateDatabase());

    private static async Task Survive(string? connection)
    {
        using AuthorityProcess authority = AuthorityProcess.Start(connection, UploadStorm.ServiceOptions);
        using var storm = new UploadStorm(authority, Packages);
        int deaths = 0;
        while (storm.Total - storm.Acknowledged > PackagesBetweenDeaths)
        {
            await storm.Run(storm.Acknowledged + PackagesBetweenDeaths, () =>
            {
                // Somewhere in what it does for the others.
#pragma warning disable CA5394 // No secret: a moment.
                Thread.Sleep(Random.Shared.Next(MostMillisecondsToDeath));
#pragma warning restore CA5394
                authority.Kill();
            });
            deaths++;
            authority.Kill();
            authority.Serve(UploadStorm.ServiceOptions);
            storm.AssertAllTold();
        }
        await storm.Finish();
        storm.AssertWhole();
        Assert.InRange(deaths, 2, storm.Total);
        TestContext.Current.TestOutputHelper?.WriteLine($"{deaths} deaths, {storm.Acknowledged} packages acknowledged, there and whole.");
    }
}

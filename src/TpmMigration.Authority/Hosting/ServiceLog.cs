using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace TpmMigration.Authority.Hosting;

/// <summary>How the log is written.</summary>
internal enum LogForm
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>Lines of JSON.</summary>
    Json,

    /// <summary>Lines for people, of what went wrong only.</summary>
    Quiet,
}

/// <summary>The log: on standard error, one line for each request and for what went wrong. No token, no package and no secret is in it.</summary>
internal static class ServiceLog
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    internal static void Configure(ILoggingBuilder logging, LogForm form)
    {
        if (form == LogForm.Json)
        {
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, Time));
        }
        else
        {
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, Time + " "));
        }
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Warning);
        if (form != LogForm.Quiet) logging.AddFilter(nameof(TpmMigration), LogLevel.Information);
        // That it could not start is what the command ends with.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }
}

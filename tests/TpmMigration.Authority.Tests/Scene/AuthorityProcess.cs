using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using TpmMigration.Authority.Keys;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>The program tpm-ma with a data directory of its own: commands that end, and the service as a process on a free port of loopback.</summary>
public sealed class AuthorityProcess : IDisposable
{
    private readonly TemporaryFolder _folder = new("tpm-ma-test-");
    private readonly string? _shared;
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _service;

    /// <param name="connection">Of its database server; null for a file.</param>
    public AuthorityProcess(string? connection = null) => Connection = connection;

    /// <summary>Another instance of the service on the same data directory, which stays the other's.</summary>
    public AuthorityProcess(AuthorityProcess other)
    {
        ArgumentNullException.ThrowIfNull(other);
        _shared = other.DataPath;
    }

    public string? Connection { get; }

    /// <summary>Where it takes the connection from the environment, as an instance on another machine does.</summary>
    private bool IsTold { get; init; }

    public string DataPath
    {
        get => _shared ?? _folder["data"];
        init => _shared = value;
    }

    public string this[string name] => _folder[name];

    internal DataDirectory Directory => new(DataPath);

    /// <summary>Where the service listens; another after it was started again.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>What the service wrote to its log; all of it when the service has ended.</summary>
    internal IReadOnlyCollection<string> Log => _log;

    internal int ProcessId => Measured.Id;

    /// <summary>What the service has used so far.</summary>
    internal TimeSpan ProcessorTime => Measured.TotalProcessorTime;

    /// <summary>The most memory that the service has had so far, in bytes.</summary>
    internal long PeakMemory => Measured.PeakWorkingSet64;

    private Process Measured
    {
        get
        {
            Process service = _service ?? throw new InvalidOperationException("The service is not running.");
            service.Refresh();
            return service;
        }
    }

    /// <summary>Makes a Migration Authority and serves it.</summary>
    public static AuthorityProcess Start(params string[] options) => Start(null, options);

    /// <summary>Makes a Migration Authority on a database server and serves it.</summary>
    public static AuthorityProcess Start(string? connection, string[] options)
    {
        var authority = new AuthorityProcess(connection);
        try
        {
            authority.Init("--name", "Example MA");
            authority.Serve(options);
            return authority;
        }
        catch
        {
            authority.Dispose();
            throw;
        }
    }

    /// <summary>Makes a Migration Authority, on its database server if it has one.</summary>
    public string Init(params string[] options) => Do(["init", .. options, .. Connection == null ? [] : new[] { "--database", Connection }]);

    /// <summary>Another instance, with nothing but the keys of the first and its database.</summary>
    public static AuthorityProcess Beside(AuthorityProcess first)
    {
        ArgumentNullException.ThrowIfNull(first);
        var beside = new AuthorityProcess(first.Connection) { IsTold = true };
        System.IO.Directory.CreateDirectory(beside.DataPath);
        File.Copy(first.Directory.KeysPath, beside.Directory.KeysPath);
        File.Copy(first.Directory.SecretPath, beside.Directory.SecretPath);
        return beside;
    }

    /// <summary>A data directory that is not there yet, with the secret of another.</summary>
    public static AuthorityProcess WithSecretOf(AuthorityProcess other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var restored = new AuthorityProcess();
        System.IO.Directory.CreateDirectory(restored.DataPath);
        File.Copy(other.Directory.SecretPath, restored.Directory.SecretPath);
        return restored;
    }

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>What it printed.</returns>
    public string Do(params string[] arguments)
    {
        (int code, string output, string error) = Run(arguments);
        Assert.True(code == 0, $"tpm-ma {string.Join(' ', arguments)} ended with {code}: {error}");
        return output;
    }

    /// <summary>Runs a command.</summary>
    public (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using Process process = Begin(arguments);
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Where health and metrics are told.</summary>
    public Uri Operations { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Runs a command and kills it as soon as it says something.</summary>
    internal async System.Threading.Tasks.Task RunUntilItSays(string text, string[] arguments)
    {
        using Process process = Begin(arguments);
        try
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains(text, StringComparison.Ordinal)) { }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    public void Serve(params string[] options) => Listen(["serve", "--http", "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0", .. options]);

    /// <summary>Serves with the default of everything but the addresses.</summary>
    public void ServeTls(params string[] options) => Listen(["serve", "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0", .. options]);

    /// <summary>SIGKILL: no handler runs, no buffer is flushed.</summary>
    public void Kill()
    {
        if (_service == null) return;
        _service.Kill();
        _service.WaitForExit();
        _service.Dispose();
        _service = null;
    }

    /// <summary>SIGTERM, as a system's service manager ends it.</summary>
    /// <returns>The exit code.</returns>
    public int Stop()
    {
        Terminate();
        return Ended();
    }

    /// <summary>Sends SIGTERM and does not wait.</summary>
    internal void Terminate()
    {
        Process service = _service ?? throw new InvalidOperationException("The service is not running.");
        ToolRunner.Run("kill", "-TERM", service.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Waits for the end of a service that was told to end.</summary>
    /// <returns>The exit code.</returns>
    internal int Ended()
    {
        Process service = _service ?? throw new InvalidOperationException("The service is not running.");
        service.WaitForExit();
        return service.ExitCode;
    }

    public void Dispose()
    {
        Kill();
        _folder.Dispose();
    }

    private void Listen(string[] arguments)
    {
        _service = Begin(arguments);
        string? line = _service.StandardOutput.ReadLine();
        if (line == null) Assert.Fail("The service did not start: " + _service.StandardError.ReadToEnd());
        _service.ErrorDataReceived += (_, line) =>
        {
            if (line.Data != null) _log.Enqueue(line.Data);
        };
        _service.BeginErrorReadLine();
        Address = new Uri(line.Split(' ').Last() + "/");
        Operations = new Uri(_service.StandardOutput.ReadLine()!.Split(' ').Last() + "/");
    }

    private Process Begin(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "tpm-ma.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["TPM_MA_DATA"] = DataPath;
        start.Environment.Remove("TPM_MA_SECRET_FILE");
        start.Environment.Remove("TPM_MA_DATABASE");
        if (IsTold) start.Environment["TPM_MA_DATABASE"] = Connection;
        Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        process.StandardInput.Close();
        return process;
    }
}

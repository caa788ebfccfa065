using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Npgsql;
using TpmMigration.Testing;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>A PostgreSQL server with a cluster of its own, on a free port of loopback. It is no root's, and neither is the role that the service has.</summary>
public sealed class PostgresServer : IDisposable
{
    /// <summary>That of the service's role; it must be found nowhere.</summary>
    public const string Password = "qF7-not-to-be-seen";

    private const string Owner = "tpm_ma";

    private static readonly string s_programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)).First() + "/bin/"
        : string.Empty;

    private readonly TemporaryFolder _folder = new("tpm-ma-postgres-");
    private readonly StringBuilder _log = new();
    private readonly string[] _settings;
    private Process? _process;
    private int _databases;

    private PostgresServer(bool isDurable, string[] settings)
    {
        // The service must see to its commits by itself.
        string[] common = ["synchronous_commit=off", "listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=64MB", "max_wal_size=4GB"];
        _settings = [.. common, .. isDurable ? [] : new[] { "fsync=off", "full_page_writes=off" }, .. settings];
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        if (Environment.UserName == "root") ToolRunner.Run("chown", "postgres:", _folder.FullPath);
    }

    public int Port { get; private set; }

    /// <summary>The address, as connection strings have it.</summary>
    public string Host => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Everything it logged.</summary>
    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

    private string DataPath => _folder["data"];

    /// <summary>Starts a server with an empty cluster.</summary>
    /// <param name="isDurable">Whether it waits for the disk; slower.</param>
    /// <param name="settings">Of postgresql.conf.</param>
    public static PostgresServer Start(bool isDurable = false, params string[] settings) => Start(new PostgresServer(isDurable, settings), server =>
    {
        File.WriteAllText(server._folder["password"], Password);
        Run("initdb", "-D", server.DataPath, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", server._folder["password"], "-E", "UTF8", "--no-locale", "--no-sync");
        server.PowerOn();
        server.Do($"CREATE ROLE {Owner} LOGIN PASSWORD '{Password}'");
    });

    /// <summary>Starts a standby of another server, under a name by which that may wait for it.</summary>
    public static PostgresServer StartStandby(PostgresServer primary, string name) => Start(new PostgresServer(isDurable: true, []), server =>
    {
        string source = string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={primary.Port} user=postgres password={Password} application_name={name}");
        Run("pg_basebackup", "-D", server.DataPath, "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync");
        server.PowerOn();
    });

    /// <summary>Makes an empty database for the service.</summary>
    /// <returns>Its connection string.</returns>
    public string CreateDatabase()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"vault{Interlocked.Increment(ref _databases)}");
        Do($"CREATE DATABASE {name} OWNER {Owner} TEMPLATE template0");
        return Connection(name, Owner);
    }

    /// <summary>Does something as the server's administrator.</summary>
    /// <returns>What a query gives.</returns>
    public object? Do(string sql, string database = "postgres")
    {
        using NpgsqlDataSource source = NpgsqlDataSource.Create(Connection(database, "postgres") + ";Pooling=false");
        using NpgsqlCommand command = source.CreateCommand(sql);
        return command.ExecuteScalar();
    }

    /// <summary>A new database with all that is in another, by pg_dump and pg_restore.</summary>
    /// <returns>Its connection string.</returns>
    public string Copy(string connection)
    {
        string copy = CreateDatabase(), file = _folder["dump"];
        Run("pg_dump", "-Fc", "-f", file, "-d", Uri(connection));
        Run("pg_restore", "--exit-on-error", "-d", Uri(copy), file);
        return copy;

        string Uri(string of) => string.Create(CultureInfo.InvariantCulture, $"postgresql://{Owner}:{Password}@127.0.0.1:{Port}/{new NpgsqlConnectionStringBuilder(of).Database}");
    }

    /// <summary>SIGKILL of all its processes.</summary>
    public void Kill()
    {
        if (_process == null) return;
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again, at the same address.</summary>
    public void PowerOn()
    {
        const int Attempts = 20;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            int port = Port == 0 ? FreePorts.FindConsecutive(1) : Port;
            if (!TryPowerOn(port)) continue;
            Port = port;
            return;
        }
        throw new InvalidOperationException("PostgreSQL could not be started: " + Log);
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        Kill();
        _folder.Dispose();
    }

    private static PostgresServer Start(PostgresServer server, Action<PostgresServer> make)
    {
        try
        {
            make(server);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private bool TryPowerOn(int port)
    {
        string[] arguments = ["-D", DataPath, "-p", port.ToString(CultureInfo.InvariantCulture), .. _settings.SelectMany(setting => new[] { "-c", setting })];
        (string program, IReadOnlyList<string> all) = AsItsUser("postgres", arguments);
        _process = Process.Start(new ProcessStartInfo(program, all) { RedirectStandardError = true, RedirectStandardInput = true })
            ?? throw new InvalidOperationException("postgres did not start.");
        var isReady = new TaskCompletionSource<bool>();
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_log) _log.AppendLine(e.Data);
            if (e.Data == null) isReady.TrySetResult(false);
            else if (e.Data.Contains("ready to accept", StringComparison.Ordinal)) isReady.TrySetResult(true);
        };
        _process.BeginErrorReadLine();
        if (isReady.Task.GetAwaiter().GetResult()) return true;
        Kill();
        return false;
    }

    private static string Run(string program, params string[] arguments)
    {
        (string first, IReadOnlyList<string> all) = AsItsUser(program, arguments);
        return ToolRunner.Run(first, [.. all]);
    }

    // It refuses to be root's.
    private static (string Program, IReadOnlyList<string> Arguments) AsItsUser(string program, string[] arguments) => Environment.UserName == "root"
        ? ("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", s_programs + program, .. arguments])
        : (s_programs + program, arguments);

    private string Connection(string database, string user) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database={database};Username={user};Password={Password}");

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();
}

/// <summary>The server that the tests of the assembly share; it starts with the first that needs it.</summary>
public sealed class SharedPostgres : IDisposable
{
    private readonly Lazy<PostgresServer> _server = new(() => PostgresServer.Start());

    public PostgresServer Server => _server.Value;

    public void Dispose()
    {
        if (_server.IsValueCreated) Server.Dispose();
    }
}

using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>The program tpm-ma with a data directory of its own, serving on a free port of loopback.</summary>
internal sealed class AuthorityProcess : IDisposable
{
    private readonly TemporaryFolder _folder = new("ma-commands-");
    private Process? _service;

    /// <param name="options">Of `tpm-ma serve`.</param>
    internal AuthorityProcess(params string[] options)
    {
        try
        {
            Do("init", "--name", "Example MA");
            _service = Begin(["serve", "--listen", "127.0.0.1:0", "--operations", "none", .. options]);
            string? line = _service.StandardOutput.ReadLine();
            if (line == null) Assert.Fail("The service did not start: " + _service.StandardError.ReadToEnd());
            _service.ErrorDataReceived += (_, _) => { };
            _service.BeginErrorReadLine();
            Address = new Uri(line.Split(' ').Last() + "/");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal Uri Address { get; } = new("http://127.0.0.1/");

    /// <summary>SHA-256 of its certificate of TLS, in hexadecimal.</summary>
    internal string TlsFingerprint
    {
        get
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(this["tls.crt"]));
            return Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
        }
    }

    internal string this[string name] => _folder[Path.Combine("data", name)];

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>What it printed.</returns>
    internal string Do(params string[] arguments)
    {
        using Process process = Begin(arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"tpm-ma {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
        return output;
    }

    public void Dispose()
    {
        if (_service is { } service)
        {
            service.Kill();
            service.WaitForExit();
            service.Dispose();
            _service = null;
        }
        _folder.Dispose();
    }

    private Process Begin(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.MigrationAuthority, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["TPM_MA_DATA"] = _folder["data"];
        start.Environment.Remove("TPM_MA_SECRET_FILE");
        Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        process.StandardInput.Close();
        return process;
    }
}

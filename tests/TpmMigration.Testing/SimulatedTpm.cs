using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace TpmMigration.Testing;

/// <summary>
/// One simulated machine: a swtpm process with state of its own, on loopback. Started up (TPM2_Startup(CLEAR)) and ready when
/// <see cref="Start"/> returns; the process and its state are gone after <see cref="Dispose"/>.
/// </summary>
/// <remarks>
/// swtpm serves one connection at a time and keeps a further one waiting until the first is closed: a tool run while some other
/// client keeps its connection open waits for that client.
/// </remarks>
public sealed class SimulatedTpm : IDisposable
{
    private readonly TemporaryFolder _folder = new("tpm-machine-");
    private readonly SimulatedTpmOptions _options;
    private Process? _process;
    private MssimPlatform? _platform;

    private SimulatedTpm(SimulatedTpmOptions options)
    {
        _options = options;
        Directory.CreateDirectory(StateDirectory);
        Directory.CreateDirectory(WorkDirectory);
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>The TPM's command port; 0 with a Unix socket.</summary>
    public int Port { get; private set; }

    /// <summary>swtpm's control port; 0 with a Unix socket.</summary>
    public int ControlPort { get; private set; }

    /// <summary>The TPM's command socket; null with TCP.</summary>
    public string? SocketPath => _options.Interface == SimulatedTpmInterface.UnixSocket ? _folder["tpm.sock"] : null;

    /// <summary>swtpm's state files.</summary>
    public string StateDirectory => _folder["state"];

    /// <summary>Where tools run, and where they may leave files.</summary>
    public string WorkDirectory => _folder["work"];

    /// <summary>The swtpm process; another after <see cref="Restart"/>.</summary>
    public int ProcessId => Running.Id;

    /// <summary>How TpmMigration (and tpm2-tools) are told to reach this TPM.</summary>
    public string ConnectionString => _options.Interface switch
    {
        SimulatedTpmInterface.UnixSocket => $"swtpm:path={SocketPath}",
        SimulatedTpmInterface.Mssim => Invariant($"mssim:host=127.0.0.1,port={Port}"),
        _ => Invariant($"swtpm:host=127.0.0.1,port={Port}"),
    };

    /// <summary>The value for TPM2TOOLS_TCTI.</summary>
    public string Tcti => ConnectionString;

    /// <summary>
    /// What tpm2-tools, tpm2-openssl and IBM's tss* tools read from the environment to reach this TPM. IBM's tools need TCP.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["TPM2TOOLS_TCTI"] = Tcti,
        ["TPM2OPENSSL_TCTI"] = Tcti,
        ["TPMMIGRATION_TPM"] = ConnectionString,
        ["TPM_INTERFACE_TYPE"] = "socsim",
        ["TPM_SERVER_TYPE"] = _options.Interface == SimulatedTpmInterface.Mssim ? "mssim" : "raw",
        ["TPM_SERVER_NAME"] = "127.0.0.1",
        ["TPM_COMMAND_PORT"] = Invariant($"{Port}"),
        ["TPM_PLATFORM_PORT"] = Invariant($"{Port + 1}"),
        ["TPM_DATA_DIR"] = WorkDirectory,

        // Else each of IBM's tools encrypts what it keeps of a session with a key that the next one does not have.
        ["TPM_ENCRYPT_SESSIONS"] = "0",
    };

    private Process Running => _process ?? throw new InvalidOperationException("The simulated TPM is not running.");

    /// <summary>Starts a machine.</summary>
    /// <exception cref="InvalidOperationException">swtpm cannot be started; the message has its log.</exception>
    public static SimulatedTpm Start(SimulatedTpmOptions? options = null)
    {
        var machine = new SimulatedTpm(options ?? new SimulatedTpmOptions());
        try
        {
            if (machine._options.EndorsementCertificates) SimulatedManufacturer.Manufacture(machine.StateDirectory);
            machine.PowerOn();
            return machine;
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    /// <summary>Starts a machine whose EKs carry certificates of <see cref="SimulatedManufacturer"/>.</summary>
    public static SimulatedTpm StartCertified() => Start(new SimulatedTpmOptions { EndorsementCertificates = true });

    /// <summary>Runs a program (tpm2-tools, tss*, openssl) against this TPM, in <see cref="WorkDirectory"/>.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="ToolFailedException">It ended with an error; the message has what it wrote.</exception>
    public string Tool(string program, params string[] arguments) =>
        ToolRunner.Run(program, arguments, Environment, WorkDirectory);

    /// <summary>
    /// A power cycle: TPM2_Shutdown(CLEAR), off, on, TPM2_Startup(CLEAR) (a TPM Reset). NV and persistent objects stay; transient
    /// objects, sessions and tickets bound to the boot are gone. The address stays. After <see cref="Kill"/>, just on again.
    /// </summary>
    public void Restart()
    {
        if (_process is not null) SwtpmControl.ShutDown(this);
        PowerOff();
        PowerOn();
    }

    /// <summary>Power loss: off without TPM2_Shutdown. The address answers no more until <see cref="Restart"/>.</summary>
    public void Kill() => PowerOff();

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        PowerOff();
        _folder.Dispose();
    }

    private void PowerOn()
    {
        const int Attempts = 20;
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            if (SocketPath is null && Port == 0)
            {
                Port = FreePorts.FindConsecutive(3);
                ControlPort = _options.Interface == SimulatedTpmInterface.Mssim ? Port + 2 : Port + 1;
            }
            if (TryPowerOn()) return;
            Port = 0;
        }
        string log = _folder["swtpm.log"];
        throw new InvalidOperationException(
            "swtpm could not be started: " + (File.Exists(log) ? File.ReadAllText(log) : "it left no log."));
    }

    private bool TryPowerOn()
    {
        string pidFile = _folder["swtpm.pid"];
        File.Delete(pidFile);
        string[] addresses = SocketPath is null
            ? ["--server", Invariant($"type=tcp,port={Port}"), "--ctrl", Invariant($"type=tcp,port={ControlPort}")]
            : ["--server", $"type=unixio,path={SocketPath}", "--ctrl", $"type=unixio,path={SocketPath}.ctrl"];
        string[] arguments =
        [
            "socket", "--tpm2", "--tpmstate", $"dir={StateDirectory}", .. addresses,
            "--flags", "not-need-init,startup-clear", "--pid", $"file={pidFile}", "--log", $"file={_folder["swtpm.log"]}",
        ];
        _process = Process.Start(new ProcessStartInfo("swtpm", arguments) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException("swtpm did not start.");

        // It writes its process id when it listens on both addresses. Trying to connect could reach another TPM that was
        // quicker to take the same port.
        while (!(File.Exists(pidFile) && new FileInfo(pidFile).Length > 0))
        {
            if (!_process.WaitForExit(1)) continue;
            PowerOff();
            return false;
        }
        if (_options.Interface == SimulatedTpmInterface.Mssim) _platform = MssimPlatform.TryListen(Port + 1);
        if (_options.Interface != SimulatedTpmInterface.Mssim || _platform is not null) return true;
        PowerOff();
        return false;
    }

    private void PowerOff()
    {
        _platform?.Dispose();
        _platform = null;
        if (_process is null) return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace TpmMigration.Transport;

/// <summary>Where a TPM is and how it is reached, in the form known from TPM2TOOLS_TCTI.</summary>
public sealed class TpmConnection
{
    /// <summary>The environment variable that names the TPM to use when none is given.</summary>
    public const string EnvironmentVariable = "TPMMIGRATION_TPM";

    private const string DefaultHost = "127.0.0.1";
    private const int DefaultPort = 2321;
    private const int LongestUnixPath = 107;

    private static readonly string[] s_defaultDevices = ["/dev/tpmrm0", "/dev/tpm0"];

    private readonly string _text;
    private readonly Func<ITpmTransport> _open;

    private TpmConnection(string text, Func<ITpmTransport> open)
    {
        _text = text;
        _open = open;
    }

    /// <summary>The TPM of this computer: through TBS on Windows, else /dev/tpmrm0, else /dev/tpm0.</summary>
    public static TpmConnection Platform { get; } = Environment.OSVersion.Platform == PlatformID.Win32NT
        ? new TpmConnection("tbs", TbsTransport.Open)
        : new TpmConnection("device", OpenDefaultDevice);

    /// <summary>Reads a connection string; opens nothing.</summary>
    /// <exception cref="TpmConnectionStringException">It is none.</exception>
    public static TpmConnection Parse(string connection)
    {
        if (connection is null) throw new ArgumentNullException(nameof(connection));
        string text = connection.Trim();
        int colon = text.IndexOf(':');
        string kind = colon < 0 ? text : text.Substring(0, colon);
        string rest = colon < 0 ? "" : text.Substring(colon + 1);
        return kind switch
        {
            "tbs" when rest.Length == 0 => new TpmConnection(text, TbsTransport.Open),
            "tbs" => throw new TpmConnectionStringException(connection, "has something after 'tbs', which takes nothing"),
            "device" when rest.Length == 0 => new TpmConnection(text, OpenDefaultDevice),
            "device" => new TpmConnection(text, () => LinuxDeviceTransport.Open(rest)),
            "swtpm" => new TpmConnection(text, Swtpm(new Keys(connection, rest))),
            "mssim" => new TpmConnection(text, Mssim(new Keys(connection, rest))),
            "" => throw new TpmConnectionStringException(connection, "is empty"),
            _ => throw new TpmConnectionStringException(connection, $"begins with '{kind}', which is no known kind"),
        };
    }

    /// <summary>Opens the TPM a connection string names.</summary>
    /// <param name="connection">null or empty for the one in TPMMIGRATION_TPM, or, where that is not set, <see cref="Platform"/>.</param>
    /// <exception cref="TpmConnectionStringException">It is no connection string.</exception>
    /// <exception cref="TpmNotFoundException">There is no TPM.</exception>
    /// <exception cref="TpmTransportException">There is one, but it cannot be used.</exception>
    public static ITpmTransport Open(string? connection) => Choose(connection, Environment.GetEnvironmentVariable(EnvironmentVariable)).Open();

    /// <summary>Opens this TPM.</summary>
    /// <inheritdoc cref="Open(string?)" path="/exception"/>
    public ITpmTransport Open() => _open();

    /// <summary>The connection string.</summary>
    public override string ToString() => _text;

    internal static TpmConnection Choose(string? given, string? environment)
    {
        if (!string.IsNullOrEmpty(given)) return Parse(given!);
        return string.IsNullOrEmpty(environment) ? Platform : Parse(environment!);
    }

    private static LinuxDeviceTransport OpenDefaultDevice()
    {
        foreach (string device in s_defaultDevices)
        {
            if (File.Exists(device)) return LinuxDeviceTransport.Open(device);
        }
        throw new TpmNotFoundException(
            "This computer has no TPM device (/dev/tpmrm0, /dev/tpm0): it has no TPM, or the TPM is switched off in the firmware setup. " +
            $"Another TPM can be named in {EnvironmentVariable}.");
    }

    private static Func<ITpmTransport> Swtpm(Keys keys)
    {
        string? path = keys.Take("path");
        if (path is null)
        {
            string host = keys.TakeHost(DefaultHost);
            int port = keys.TakePort("port", ushort.MaxValue) ?? DefaultPort;
            int? controlPort = keys.TakePort("ctrl-port", ushort.MaxValue);
            keys.End();
            return () => SwtpmTransport.Connect(host, port, controlPort);
        }
        string? controlPath = keys.Take("ctrl-path");
        keys.End("with 'path'");
        foreach (string p in new[] { path, controlPath ?? "" })
        {
            if (Encoding.UTF8.GetByteCount(p) > LongestUnixPath) throw keys.Wrong($"has a path of more than {LongestUnixPath} bytes");
        }
        return () => SwtpmTransport.Connect(path, controlPath);
    }

    private static Func<ITpmTransport> Mssim(Keys keys)
    {
        string host = keys.TakeHost(DefaultHost);
        // The platform's port is the next one.
        int port = keys.TakePort("port", ushort.MaxValue - 1) ?? DefaultPort;
        keys.End();
        return () => MssimTransport.Connect(host, port);
    }

    /// <summary>The key=value pairs after the kind.</summary>
    private sealed class Keys
    {
        private readonly string _connection;
        private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

        internal Keys(string connection, string pairs)
        {
            _connection = connection;
            if (pairs.Length == 0) return;
            foreach (string pair in pairs.Split(','))
            {
                int equals = pair.IndexOf('=');
                if (equals <= 0) throw Wrong($"has '{pair}' where key=value is expected");
                string key = pair.Substring(0, equals);
                string value = pair.Substring(equals + 1);
                if (value.Length == 0) throw Wrong($"has no value for '{key}'");
                if (_values.ContainsKey(key)) throw Wrong($"has '{key}' twice");
                _values.Add(key, value);
            }
        }

        internal TpmConnectionStringException Wrong(string problem) => new(_connection, problem);

        internal string? Take(string key)
        {
            if (!_values.TryGetValue(key, out string? value)) return null;
            _values.Remove(key);
            return value;
        }

        /// <summary>A host; an IPv6 address may stand in brackets.</summary>
        internal string TakeHost(string fallback)
        {
            string host = Take("host") ?? fallback;
            bool bracketed = host.Length > 2 && host[0] == '[' && host[host.Length - 1] == ']';
            if (bracketed) host = host.Substring(1, host.Length - 2);
            return Uri.CheckHostName(host) == UriHostNameType.Unknown ? throw Wrong($"has '{host}', which is no host") : host;
        }

        internal int? TakePort(string key, int largest)
        {
            if (Take(key) is not string value) return null;
            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port >= 1 && port <= largest
                ? port
                : throw Wrong($"has '{value}' for '{key}', which must be a number from 1 to {largest}");
        }

        internal void End(string where = "here")
        {
            foreach (string key in _values.Keys) throw Wrong($"has '{key}', which has no meaning {where}");
        }
    }
}

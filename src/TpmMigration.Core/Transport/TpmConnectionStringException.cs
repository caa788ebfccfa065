using System;

namespace TpmMigration.Transport;

/// <summary>A text that should say how to reach a TPM does not. The message says what is wrong and lists the accepted forms.</summary>
public sealed class TpmConnectionStringException : ArgumentException
{
    internal const string AcceptedForms =
        "Accepted: tbs | device[:/dev/tpmrm0] | swtpm:host=127.0.0.1,port=2321[,ctrl-port=2322] | " +
        "swtpm:path=/run/x.sock[,ctrl-path=/run/x.sock.ctrl] | mssim:host=127.0.0.1,port=2321";

    public TpmConnectionStringException(string connection, string problem)
        : base($"The TPM connection '{connection}' {problem}. {AcceptedForms}") => Connection = connection;

    /// <summary>The text that was given.</summary>
    public string Connection { get; }
}

using System;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>Carries whole TPM command frames to a TPM and brings whole response frames back. Knows nothing of their content.</summary>
public interface ITpmTransport : IDisposable
{
    /// <summary>Sends one command frame and waits for its response frame.</summary>
    /// <param name="command">A complete frame: tag (2 bytes), size (4 bytes, big-endian), code (4 bytes), body.</param>
    /// <param name="cancellation">
    /// Asks the TPM to abandon the command where the driver can (a long key generation, say). The call still waits for
    /// the response, which is then TPM_RC_CANCELED or, if the command had finished, its normal response: what a command
    /// left in the TPM is never lost from sight.
    /// </param>
    /// <returns>The complete response frame, at least 10 and at most 4096 bytes long, of the length its header states.</returns>
    /// <exception cref="TpmTransportException">The TPM cannot be reached, hung up, or sent no frame. The transport must be reopened.</exception>
    byte[] Transmit(byte[] command, CancellationToken cancellation);
}

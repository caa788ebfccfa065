using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The certificates above the endorsement certificates, where the manufacturer left them in the TPM. TCG EK Credential Profile for TPM 2.0, 2.2.1.5.</summary>
public static class EndorsementCertificateChain
{
    private const uint First = 0x01C00100, Last = 0x01C001FF;
    private const int MostCertificates = 16;

    /// <summary>Reads them, in the order in which they lie there; where that is no sequence of certificates, as far as it is one.</summary>
    /// <returns>DER, not looked into; empty for most TPMs.</returns>
    public static IReadOnlyList<byte[]> Read(TpmDevice device)
    {
        // A certificate may go on in the next index.
        List<byte> content = [];
        foreach (uint index in device.GetHandles(First).TakeWhile(handle => handle <= Last))
        {
            if (EndorsementKey.ReadNv(device, index) is { } part) content.AddRange(part);
        }
        return Split([.. content]);
    }

    internal static List<byte[]> Split(byte[] content)
    {
        const byte sequence = 0x30, twoBytesOfLength = 0x82;
        List<byte[]> certificates = [];
        for (int at = 0; at + 4 <= content.Length && certificates.Count < MostCertificates;)
        {
            // Every certificate has from 256 bytes to 64 KiB; what follows the last one is padding.
            if (content[at] != sequence || content[at + 1] != twoBytesOfLength) break;
            int size = 4 + (content[at + 2] << 8 | content[at + 3]);
            if (size > content.Length - at) break;
            certificates.Add([.. content.Skip(at).Take(size)]);
            at += size;
        }
        return certificates;
    }
}

namespace TpmMigration.Testing;

/// <summary>How a simulated TPM is reached.</summary>
public enum SimulatedTpmInterface
{
    /// <summary>Raw frames over TCP on loopback; the control channel on the next port.</summary>
    Tcp,

    /// <summary>Raw frames over a Unix socket; the control channel on the same path with ".ctrl" appended.</summary>
    UnixSocket,

    /// <summary>The Microsoft simulator's protocol over TCP; the platform port is the next one.</summary>
    Mssim,
}

/// <summary>What kind of machine to simulate.</summary>
public sealed record SimulatedTpmOptions
{
    public SimulatedTpmInterface Interface { get; init; }

    /// <summary>
    /// Manufacture the TPM with its own EKs (persistent at 0x81010001 and 0x81010016) and EK certificates (NV 0x01C00002 and
    /// 0x01C00016), issued by <see cref="SimulatedManufacturer"/>. Takes about a second.
    /// </summary>
    public bool EndorsementCertificates { get; init; }
}

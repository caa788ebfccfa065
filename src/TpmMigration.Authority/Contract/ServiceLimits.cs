using System;

namespace TpmMigration.Authority.Contract;

/// <summary>How much the service takes in, and for how long it holds its word.</summary>
internal sealed record ServiceLimits
{
    /// <summary>Bytes of a message of somebody whom the service does not know; ample for the certificates of an endorsement key.</summary>
    internal const int MostSmallMessageBytes = 128 * 1024;

    /// <summary>Entries of a page of a query.</summary>
    internal const int MostPageEntries = 200;

    /// <summary>A TPM releases a secret within a second; people who confirm it may take longer.</summary>
    internal static readonly TimeSpan ChallengeLifetime = TimeSpan.FromMinutes(2);

    internal static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of a package. The default, 16 MiB, is some ten thousand keys.</summary>
    public long MostPackageBytes { get; init; } = 16L * 1024 * 1024;

    public int MostPackageKeys { get; init; } = 20_000;

    /// <summary>Packages that a client may have here.</summary>
    public int MostClientPackages { get; init; } = 10_000;

    /// <summary>Bytes that the packages of a client may have together.</summary>
    public long MostClientBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of a message with a package: base64 with line breaks, and the envelope.</summary>
    public long MostMessageBytes => (MostPackageBytes / 3 + 1) * 4 / 64 * 66 + MostSmallMessageBytes;
}

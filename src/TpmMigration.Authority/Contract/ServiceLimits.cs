using System;

namespace TpmMigration.Authority.Contract;

/// <summary>How much the service takes in, and for how long it holds its word.</summary>
internal sealed record ServiceLimits
{
    /// <summary>Bytes of a message of somebody whom the service does not know; ample for the certificates of an endorsement key.</summary>
    internal const int MostSmallMessageBytes = 128 * 1024;

    /// <summary>Bytes of a message with approvals.</summary>
    internal const int MostApprovalMessageBytes = 4 * 1024 * 1024;

    /// <summary>Approvals in one message.</summary>
    internal const int MostApprovals = 64;

    /// <summary>Entries of a page of a query.</summary>
    internal const int MostPageEntries = 200;

    /// <summary>A TPM releases a secret within a second; people who confirm it may take longer.</summary>
    internal static readonly TimeSpan ChallengeLifetime = TimeSpan.FromMinutes(2);

    internal static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of a package. The default, 16 MiB, is some ten thousand keys.</summary>
    public long MostPackageBytes { get; init; } = 16L * 1024 * 1024;

    public int MostPackageKeys { get; init; } = 20_000;

    /// <summary>Packages of one client.</summary>
    public int MostClientPackages { get; init; } = 10_000;

    /// <summary>Bytes of all packages of one client; the default is 1 GiB.</summary>
    public long MostClientBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Bytes of a message with a package: base64 with line breaks, and the envelope.</summary>
    public long MostMessageBytes => (MostPackageBytes / 3 + 1) * 4 / 64 * 66 + MostSmallMessageBytes;
}

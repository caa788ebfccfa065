using System;
using System.Linq;
using TpmMigration.Authorities;

namespace TpmMigration.Cmdlets;

/// <summary>What a Migration Authority says of itself, as plain data.</summary>
public sealed class MaServiceInformation
{
    public string Name { get; set; } = string.Empty;

    public string Uri { get; set; } = string.Empty;

    /// <summary>Of its program.</summary>
    public string Version { get; set; } = string.Empty;

    /// <summary>UTC, of its clock.</summary>
    public DateTime Time { get; set; }

    public string[] Operations { get; set; } = [];

    public string StorageKeyAlgorithm { get; set; } = string.Empty;

    /// <summary>Endorsement keys that can authenticate.</summary>
    public string[] EndorsementKeyAlgorithms { get; set; } = [];

    /// <summary>The authorities whose approvals count there; empty for all.</summary>
    public string[] SelectionAuthorities { get; set; } = [];

    public long MostPackageBytes { get; set; }

    public int MostPackageKeys { get; set; }

    public int MostClientPackages { get; set; }

    public long MostClientBytes { get; set; }

    /// <summary>In one request.</summary>
    public int MostApprovals { get; set; }

    public int MostPageEntries { get; set; }

    public TimeSpan ChallengeLifetime { get; set; }

    public TimeSpan TokenLifetime { get; set; }

    internal static MaServiceInformation From(Authorities.MaServiceInformation information, MaServiceAddress address) => new()
    {
        Name = information.Name,
        Uri = address.ToString(),
        Version = information.Version,
        Time = information.Time,
        Operations = [.. information.Operations],
        StorageKeyAlgorithm = information.StorageKeyAlgorithm,
        EndorsementKeyAlgorithms = [.. information.EndorsementKeyAlgorithms],
        SelectionAuthorities = [.. information.SelectionAuthorities.Select(a => a.Description)],
        MostPackageBytes = information.MostPackageBytes,
        MostPackageKeys = information.MostPackageKeys,
        MostClientPackages = information.MostClientPackages,
        MostClientBytes = information.MostClientBytes,
        MostApprovals = information.MostApprovals,
        MostPageEntries = information.MostPageEntries,
        ChallengeLifetime = information.ChallengeLifetime,
        TokenLifetime = information.TokenLifetime,
    };
}

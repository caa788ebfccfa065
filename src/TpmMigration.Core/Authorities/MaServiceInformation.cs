using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Documents;

namespace TpmMigration.Authorities;

/// <summary>What a Migration Authority says of itself, to everybody. It is not signed.</summary>
public sealed record MaServiceInformation
{
    private const int MostListed = 1000;

    public required string Name { get; init; }

    /// <summary>Of its program.</summary>
    public required string Version { get; init; }

    /// <summary>UTC, of its clock.</summary>
    public required DateTime Time { get; init; }

    /// <summary>What it does, by the names of its operations.</summary>
    public required IReadOnlyList<string> Operations { get; init; }

    public required string StorageKeyAlgorithm { get; init; }

    /// <summary>Endorsement keys that can authenticate.</summary>
    public required IReadOnlyList<string> EndorsementKeyAlgorithms { get; init; }

    /// <summary>The authorities whose approvals count there, by TPM name; empty for all.</summary>
    public required IReadOnlyList<(byte[] Name, string Description)> SelectionAuthorities { get; init; }

    public required long MostPackageBytes { get; init; }

    public required int MostPackageKeys { get; init; }

    public required int MostClientPackages { get; init; }

    public required long MostClientBytes { get; init; }

    /// <summary>Approvals in one message.</summary>
    public required int MostApprovals { get; init; }

    public required int MostPageEntries { get; init; }

    public required TimeSpan ChallengeLifetime { get; init; }

    public required TimeSpan TokenLifetime { get; init; }

    internal static MaServiceInformation Read(StrictElement answer)
    {
        var information = new MaServiceInformation
        {
            Name = answer.Child("Name").Line(),
            Version = answer.Child("Version").Line(),
            Time = answer.Child("Time").Time(),
            Operations = answer.Children("Operation").Take(MostListed).Select(o => o.Line()).ToList(),
            StorageKeyAlgorithm = answer.Child("StorageKeyAlgorithm").Line(),
            EndorsementKeyAlgorithms = answer.Children("EndorsementKeyAlgorithm").Take(MostListed).Select(a => a.Line()).ToList(),
            SelectionAuthorities = answer.Children("SelectionAuthority").Take(MostListed).Select(Authority).ToList(),
            MostPackageBytes = answer.Child("MostPackageBytes").Number(),
            MostPackageKeys = answer.Child("MostPackageKeys").Count(),
            MostClientPackages = answer.Child("MostClientPackages").Count(),
            MostClientBytes = answer.Child("MostClientBytes").Number(),
            MostApprovals = answer.Child("MostApprovals").Count(),
            MostPageEntries = answer.Child("MostPageEntries").Count(),
            ChallengeLifetime = TimeSpan.FromSeconds(answer.Child("ChallengeSeconds").Count()),
            TokenLifetime = TimeSpan.FromSeconds(answer.Child("TokenSeconds").Count()),
        };
        answer.End();
        return information;
    }

    private static (byte[] Name, string Description) Authority(StrictElement element)
    {
        (byte[], string) authority = (element.Child("Name").HexBinary(), element.Child("Description").Line());
        element.End();
        return authority;
    }
}

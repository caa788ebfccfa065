using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Migration;

/// <summary>How a package is to be imported.</summary>
public sealed record ImportRequest
{
    /// <summary>How the signer of the package stands here; see <see cref="PackageTrust"/>.</summary>
    public required TrustVerdict Trust { get; init; }

    /// <summary>Whose word is recorded with the keys where the signer is not trusted; null to refuse the package then.</summary>
    public SignerAcceptance? Acceptance { get; init; }

    /// <summary>Names to give keys instead of those in the package, by the package's name.</summary>
    public IReadOnlyDictionary<string, string> NewNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether keys of the same name are replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Whether keys whose password is not at hand, or that PCRs of this machine keep from being used, are stored without the proof that they work.</summary>
    public bool SkipProof { get; init; }

    /// <summary>Whether PCRs that keep a key from being used are told, and no error.</summary>
    internal bool OnlyTellsPcrs { get; init; }

    /// <summary>Whether storage keys that have children become persistent, so that other programs can load the children.</summary>
    public bool Persist { get; init; }

    /// <summary>Whether the source is to have a receipt, see <see cref="PackageImporter.Receipt"/>.</summary>
    public bool WantsReceipt { get; init; }

    /// <summary>What opens an inner wrap; still the caller's.</summary>
    public RecoveryMeans Recovery { get; init; } = RecoveryMeans.None;

    /// <summary>Called before each key with its number from 0 and its name.</summary>
    public Action<int, string>? Progress { get; init; }

    /// <summary>The name that a key of the package is to have here.</summary>
    public string NameFor(PackageKey key) => NewNames.TryGetValue(key.Name, out string? other) ? other : key.Name;
}

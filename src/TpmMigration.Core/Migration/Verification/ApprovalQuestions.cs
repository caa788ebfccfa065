using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Keys;

namespace TpmMigration.Migration;

/// <summary>What is asked of an approval beyond that it holds together. What is null is not asked.</summary>
public sealed record ApprovalQuestions
{
    public QuestionedKey? Key { get; init; }

    public MigrationDestination? Destination { get; init; }

    public required TrustRegister Register { get; init; }

    /// <summary>The time at which it must be valid, UTC.</summary>
    public required DateTime Utc { get; init; }
}

/// <summary>A key for which an approval should be good.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="TpmName">Name algorithm (2 bytes) and digest.</param>
/// <param name="Kind">What kind of key it is; null if that is not known.</param>
/// <param name="Authorities">TPM names of the authorities that its policy names; null if they are not known.</param>
public sealed record QuestionedKey(string Name, byte[] TpmName, KeyKind? Kind, IReadOnlyList<byte[]>? Authorities)
{
    /// <summary>A key of the store.</summary>
    public static QuestionedKey Of(StoredKey key)
    {
        KeyClassification classification = KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches);
        return new QuestionedKey(key.Record.Name, key.PublicArea().Name, classification.Kind, classification.Selection?.Authorities ?? []);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Authority.Vault;

/// <summary>The schema and its history. What was released is never changed; a change is one more step at the end.</summary>
internal static class VaultSchema
{
    private const string Bytes = "{bytes}", AppendOnlyMark = "append-only ";

    // Everything of a client is keyed by the client first, so that a database can be spread by it. The content of packages has a table of its
    // own: queries do not read past it, and deleting a package leaves its row as a tombstone.
    internal static readonly IReadOnlyList<string[]> Steps =
    [
        [
            $"""
            CREATE TABLE client (
                name {Bytes} NOT NULL PRIMARY KEY, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, packages BIGINT NOT NULL, bytes BIGINT NOT NULL,
                blocked BIGINT NULL, block_reason TEXT NOT NULL)
            """,
            $"CREATE TABLE attestation_key (name {Bytes} NOT NULL PRIMARY KEY, client {Bytes} NOT NULL, proven BIGINT NOT NULL)",
            $"""
            CREATE TABLE package (
                client {Bytes} NOT NULL, id TEXT NOT NULL, digest {Bytes} NOT NULL, size BIGINT NOT NULL, keys INTEGER NOT NULL,
                purpose TEXT NOT NULL, source_host TEXT NOT NULL, created BIGINT NOT NULL, received BIGINT NOT NULL, returnable INTEGER NOT NULL,
                storage_key {Bytes} NOT NULL, held BIGINT NULL, hold_reason TEXT NOT NULL, deleted BIGINT NULL, PRIMARY KEY (client, id))
            """,
            "CREATE INDEX package_by_storage_key ON package (storage_key)",
            $"CREATE TABLE package_content (client {Bytes} NOT NULL, id TEXT NOT NULL, content {Bytes} NOT NULL, seal {Bytes} NOT NULL, PRIMARY KEY (client, id))",
            // The migrating keys of a package and the authorities who can approve something of it, by their TPM names.
            $"CREATE TABLE package_name (name {Bytes} NOT NULL, client {Bytes} NOT NULL, id TEXT NOT NULL, PRIMARY KEY (name, client, id))",
            $"CREATE INDEX package_name_by_package ON package_name (client, id)",
            $"""
            CREATE TABLE approval (
                digest {Bytes} NOT NULL PRIMARY KEY, destination {Bytes} NOT NULL, content {Bytes} NOT NULL, added BIGINT NOT NULL, added_by TEXT NOT NULL)
            """,
            "CREATE INDEX approval_by_destination ON approval (destination)",
            $"""
            CREATE TABLE used_approval (
                id TEXT NOT NULL PRIMARY KEY, client {Bytes} NOT NULL, package TEXT NOT NULL, destination {Bytes} NOT NULL, session {Bytes} NOT NULL,
                used BIGINT NOT NULL)
            """,
            $"CREATE TABLE used_challenge (id {Bytes} NOT NULL PRIMARY KEY, expires BIGINT NOT NULL)",
            $"""
            CREATE TABLE trusted (
                fingerprint {Bytes} NOT NULL PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, content {Bytes} NOT NULL,
                added BIGINT NOT NULL, added_by TEXT NOT NULL, reason TEXT NOT NULL)
            """,
            $"""
            CREATE TABLE administrator (
                fingerprint {Bytes} NOT NULL PRIMARY KEY, role TEXT NOT NULL, label TEXT NOT NULL, certificate {Bytes} NOT NULL,
                added BIGINT NOT NULL, added_by TEXT NOT NULL, reason TEXT NOT NULL)
            """,
            $"""
            CREATE TABLE audit (
                sequence BIGINT NOT NULL PRIMARY KEY, time BIGINT NOT NULL, event TEXT NOT NULL, outcome TEXT NOT NULL, origin TEXT NOT NULL,
                client {Bytes} NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, previous {Bytes} NOT NULL, digest {Bytes} NOT NULL)
            """,
            AppendOnlyMark + "audit",
            $"CREATE TABLE audit_head (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), sequence BIGINT NOT NULL, digest {Bytes} NOT NULL)",
        ],
    ];

    /// <summary>What is to be run on a database of an older version, 0 for an empty one.</summary>
    internal static IEnumerable<string> From(IReadOnlyList<string[]> steps, int version, string bytesType, Func<string, IReadOnlyList<string>> appendOnly) =>
        steps.Skip(version).SelectMany(step => step).SelectMany(statement => statement.StartsWith(AppendOnlyMark, StringComparison.Ordinal)
            ? appendOnly(statement[AppendOnlyMark.Length..])
            : [statement.Replace(Bytes, bytesType)]);
}

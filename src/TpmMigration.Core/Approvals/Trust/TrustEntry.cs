using System;
using System.Linq;
using TpmMigration.Signatures;

namespace TpmMigration.Approvals;

/// <summary>A signer that is registered, and for what.</summary>
public sealed record TrustEntry
{
    /// <summary>The most characters of a name.</summary>
    public const int MaxNameLength = 128;

    /// <summary>The most characters of a reason or an account.</summary>
    public const int MaxTextLength = 1024;

    /// <summary>Unique in a register, in upper or lower case.</summary>
    public required string Name { get; init; }

    public required TrustRole Roles { get; init; }

    /// <summary>A certificate, or a platform's signing key.</summary>
    public required SignerIdentity Signer { get; init; }

    /// <summary>Of a certificate: those whose chain leads to it are trusted like it.</summary>
    public bool IncludesIssued { get; init; }

    /// <summary>UTC, whole seconds.</summary>
    public required DateTime Registered { get; init; }

    /// <summary>The account that registered it.</summary>
    public required string RegisteredBy { get; init; }

    /// <summary>Why; null if nobody said.</summary>
    public string? Reason { get; init; }

    /// <summary>How names are compared.</summary>
    public static StringComparer NameComparer => StringComparer.OrdinalIgnoreCase;

    /// <summary>Refuses what a register cannot hold.</summary>
    /// <exception cref="TrustRegisterException">The name cannot be used, there is no role, or issued certificates are included without a CA.</exception>
    public void Check()
    {
        if (NameObjection(Name) is { } objection)
            throw new TrustRegisterException(TrustRegisterFault.InvalidEntry, $"This cannot be the name of a signer: {objection}.");
        if (Roles == TrustRole.None || (Roles & ~(TrustRole.PackageSigner | TrustRole.MigrationAuthority | TrustRole.MigrationSelectionAuthority)) != 0)
            throw new TrustRegisterException(TrustRegisterFault.InvalidEntry, $"'{Name}' is to be trusted for nothing. Name at least one role.");
        if (IncludesIssued && Signer is not CertificateIdentity { IsAuthority: true })
            throw new TrustRegisterException(TrustRegisterFault.InvalidEntry, $"'{Name}' has no certificate of a certification authority, so nobody else can be trusted through it.");
        foreach (string? text in new[] { RegisteredBy, Reason })
        {
            if (text != null && (text.Length > MaxTextLength || text.Any(char.IsControl)))
                throw new TrustRegisterException(TrustRegisterFault.InvalidEntry, $"A reason is one line of at most {MaxTextLength} characters.");
        }
    }

    private static string? NameObjection(string name)
    {
        if (name.Length is 0 or > MaxNameLength) return $"it has {name.Length} characters, and 1 to {MaxNameLength} are allowed";
        if (char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1])) return "it begins or ends with a blank";
        if (name.Any(c => char.IsControl(c) || char.IsSurrogate(c))) return "it holds a character that is not allowed";
        // A name must be one that can be told apart from a pattern.
        return name.IndexOfAny(['*', '?', '[', ']']) >= 0 ? "it holds one of * ? [ ]" : null;
    }
}

using System;
using System.Linq;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>What a certification of a key is worth, as plain data.</summary>
public sealed class TpmKeyConfirmation
{
    /// <summary>Confirmed only if all that was asked was shown, and the attestation key is known.</summary>
    public CertificationVerdict Verdict { get; set; }

    /// <summary>As the document has it; nothing vouches for this name.</summary>
    public string KeyName { get; set; } = string.Empty;

    /// <summary>As the document has it; nothing vouches for it.</summary>
    public string HostName { get; set; } = string.Empty;

    /// <summary>The kind of the key; null where it is not known which key is certified.</summary>
    public KeyKind? Kind { get; set; }

    /// <summary>The TPM name of the key in hexadecimal, as the document has it.</summary>
    public string TpmName { get; set; } = string.Empty;

    /// <summary>For a CMK, the TPM names of its Migration Selection Authorities' keys.</summary>
    public string[] SelectionAuthorities { get; set; } = [];

    /// <summary>For a CMK, how many of them must approve.</summary>
    public int? Quorum { get; set; }

    /// <summary>What the use of the key takes besides a password, in words; empty for most keys.</summary>
    public string UsePolicy { get; set; } = string.Empty;

    /// <summary>Whether it is shown that the TPM made the key.</summary>
    public bool IsMadeInTpm { get; set; }

    /// <summary>The TPM name of the attestation key in hexadecimal; empty if it has none that can be computed.</summary>
    public string AttestationKey { get; set; } = string.Empty;

    /// <summary>UTC, as the document has it.</summary>
    public DateTime Created { get; set; }

    /// <summary>The file it is in, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>In the order in which they are made.</summary>
    public TpmKeyConfirmationCheck[] Checks { get; set; } = [];

    internal static TpmKeyConfirmation From(CertificationReport report, string path) => new()
    {
        Verdict = report.Verdict,
        KeyName = report.Key.KeyName,
        HostName = report.Key.HostName,
        Kind = report.Classification?.Kind,
        TpmName = Hex.Format(report.Key.TpmName),
        SelectionAuthorities = report.Classification?.Selection?.Authorities.Select(Hex.Format).ToArray() ?? [],
        Quorum = report.Classification?.Selection?.Quorum,
        UsePolicy = report.Classification?.Use?.ToString() ?? string.Empty,
        IsMadeInTpm = report.IsMadeThere,
        AttestationKey = report.Key.Certification.AttestationKey is { } key && TpmHash.IsSupported(key.NameAlg) ? Hex.Format(key.Name) : string.Empty,
        Created = report.Key.Created,
        Path = path,
        Checks = report.Findings.Select(TpmKeyConfirmationCheck.From).ToArray(),
    };
}

/// <summary>The end of one check.</summary>
public sealed class TpmKeyConfirmationCheck
{
    public CertificationCheck Check { get; set; }

    public CertificationAnswer Answer { get; set; }

    public string Reason { get; set; } = string.Empty;

    internal static TpmKeyConfirmationCheck From(CertificationFinding finding) => new() { Check = finding.Check, Answer = finding.Answer, Reason = finding.Reason };

    /// <summary>As remote sessions hand it on, which keep of what is inside an object no more than this.</summary>
    public override string ToString() => $"{Answer} {Check}: {Reason}";
}

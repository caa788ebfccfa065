using System.Text;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>One file of the conformance set.</summary>
/// <param name="Name">Of the file, without .xml.</param>
/// <param name="Expected">The error class, or valid.</param>
/// <param name="Why">One line.</param>
/// <param name="Content">The file.</param>
internal sealed record PackageVector(string Name, string Expected, string Why, byte[] Content)
{
    internal PackageVector(string name, string expected, string why, string text) : this(name, expected, why, new UTF8Encoding(false).GetBytes(text)) { }

    /// <summary>What a validator of the schema says: valid, or invalid (not well-formed included).</summary>
    internal string Schema { get; init; } = Expected switch
    {
        "valid" or "NameMismatch" or "PolicyMismatch" or "ParentMismatch" or "DataMismatch" or "InnerWrapMismatch" or "Altered" or "DocumentType" or "LimitExceeded"
            or "Signature.Document" or "Signature.Value" or "Signature.Key" or "UnknownExtension" => "valid",
        _ => Expected.StartsWith("Approval.", System.StringComparison.Ordinal) ? "valid" : "invalid",
    };

    /// <summary>Limits to lower for this file, as name=number, separated by blanks; empty for the reader's own.</summary>
    internal string Limits { get; init; } = string.Empty;

    internal string Signer { get; init; } = "signer-ecc";

    internal string Destination { get; init; } = "destination-ecc";

    internal PackageVector BeyondSchema => this with { Schema = "valid" };

    internal PackageVector AgainstSchema => this with { Schema = "invalid" };
}

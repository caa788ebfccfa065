using System;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Vault;

/// <summary>A place in the order of all packages: by client, then by id.</summary>
/// <param name="Client">TPM name of the endorsement key.</param>
/// <param name="Id">The package's.</param>
public sealed record PackagePosition(byte[] Client, Guid Id)
{
    /// <returns>Null if it is no text of <see cref="ToString"/>.</returns>
    internal static PackagePosition? TryParse(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length == 2 && Hex.TryParse(parts[0]) is { } client && Guid.TryParseExact(parts[1], "D", out Guid id) ? new PackagePosition(client, id) : null;
    }

    public override string ToString() => $"{Hex.Format(Client)}:{Id:D}";
}
